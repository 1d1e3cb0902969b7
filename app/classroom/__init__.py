"""Classes: rosters, what an instructor does to many playgrounds, and the wall, a projection of many journals.

Acts through ordinary commands on each playground; knows no page.
"""
