"""A router's configuration file (TOML): what may stand in it, and what is wrong with one.

values -> tables -> document -> reading
"""

from ipos_reference.configuration.document import Configuration
from ipos_reference.configuration.reading import ConfigurationError, read
from ipos_reference.configuration.tables import CaptureTable, LanTable

__all__ = ["CaptureTable", "Configuration", "ConfigurationError", "LanTable", "read"]
