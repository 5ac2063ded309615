"""Who runs the trials of a campaign: the cores of this machine, or a Dask cluster."""
