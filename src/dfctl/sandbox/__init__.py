"""The embedded services behind `dfctl demo` and `dfctl sandbox`: both documented APIs on loopback.

`dfctl.sandbox.server.Sandbox` is the way in. Importing this package loads nothing.
"""
