"""Where strategies are kept: the No-Code and AI/ML databases of the platform, ConfigMaps, the resource itself.

Turns a place into files, a main file and parameters; knows owners, not Kubernetes. Used by operator and API.
"""
