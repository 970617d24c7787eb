"""What a release has written is read by all that come after it.

A folder a release that changed what is stored, such as ``v0_1_0``, with what Home
Assistant and the integration had on disk at the end of `write.py`. These files are as
users have them: they are never made anew, and never edited. A release that stores
something else gets a migration and, from `python -m tests.upgrades.write`, a folder of
its own beside the others.
"""
