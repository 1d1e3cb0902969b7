"""The only SQL in the house: tables, migrations, the journal with compare-and-append, snapshots, people.

Only `append` commits. It stores entries as given and never interprets a cluster.
"""
