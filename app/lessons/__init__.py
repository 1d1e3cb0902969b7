"""Lessons, their goals and a learner's progress, which is a fold over journal entries.

A lesson is a folder of text, a starting manifest and a solution; no lesson needs Python.
"""
