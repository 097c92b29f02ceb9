"""From a seed to a finished asset: one file for each kind of thing that models make."""
