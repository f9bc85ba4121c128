"""Hive over an S3 store: a real HiveServer2 with Tez, the first day of its user, through stock S3A and Forebay.

`run.py` is what `make demo-hive` runs. `versions.py` says which Hives there are and fetches their jars,
`site.py` writes their settings, `server.py` runs a HiveServer2 in a process of its own, `session.py` talks
to it over JDBC. What is asked is in `workload.py`, about the people and films of `films.py`; `stage.py`
sets the store and the proxy up, and `passes.py` counts.
"""
