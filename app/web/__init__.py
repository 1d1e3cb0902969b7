"""Pages, forms, the JSON API and the streams a browser reads.

Translates between hypermedia and commands. The screen changes only because the stream says so.
No rule of Kubernetes lives here.
"""
