"""Podlane: a visual playground for Kubernetes Service networking.

Each folder is a room with one purpose, and its docstring is the door plate; ARCHITECTURE.md is the map.
Imports point down the stack of rooms; `lint-imports` holds the walls.
"""
