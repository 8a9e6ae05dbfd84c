"""An explicit-state model made from the state tables, explored exhaustively within small bounds.

`explore(bounds)` visits every world that can be reached, in pure Python and without a clock; `scenarios` are bounds
that are worth exploring, `variations` the protocol with a rule removed, `story` a counterexample in words.
"""

from ipos_spec.states.model.bounds import Bounds
from ipos_spec.states.model.exploration import Exploration, explore
from ipos_spec.states.model.properties import Property
from ipos_spec.states.model.scenarios import LARGE, SCENARIOS, Scenario, scenario
from ipos_spec.states.model.story import told
from ipos_spec.states.model.variations import REMOVABLE, Variation, removed

__all__ = [
    "LARGE",
    "REMOVABLE",
    "SCENARIOS",
    "Bounds",
    "Exploration",
    "Property",
    "Scenario",
    "Variation",
    "explore",
    "removed",
    "scenario",
    "told",
]
