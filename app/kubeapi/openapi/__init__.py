"""The API described for machines: OpenAPI v3 documents, one for each API version, and the older v2 in one piece.

Fields and types come from `machinery.schema`, sentences from the file that `make setup` makes. Documents are made when
they are first asked for and kept compressed. Nothing here knows a playground: the same for all.
"""
