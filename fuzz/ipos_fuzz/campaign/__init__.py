"""A campaign: the target set up, attacked, watched, set up anew, until its time is over."""
