"""Virtual clusters of a sandbox: vcluster's real syncer runs as a process, in place of the pod that only pretends to."""
