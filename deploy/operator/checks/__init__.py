"""What `nomp check` looks at, a file each: first what it asks, then a pure judgement of the answers.

A check returns findings and changes nothing: no stream, no table, no file. What it cannot ask it says.
"""
