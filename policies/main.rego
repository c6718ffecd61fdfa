# METADATA
# scope: package
# title: All rules together
# description: >-
#   Collects what every rule below `slidebox` says. A rule is found by its place, `policies/<topic>/<rule>.rego`,
#   so that a new rule cannot be forgotten here.
package main

# METADATA
# title: Findings about one location, judged with its dataset alone
# entrypoint: true
location_findings contains finding if some finding in data.slidebox[_][_].location_findings

# METADATA
# title: Findings about a dataset as it is declared, judged with its ancestors
# entrypoint: true
declared_findings contains finding if some finding in data.slidebox[_][_].declared_findings

# METADATA
# title: Findings about all locations that hold a dataset together
# entrypoint: true
together_findings contains finding if some finding in data.slidebox[_][_].together_findings

# METADATA
# title: Findings about datasets
# entrypoint: true
dataset_findings := declared_findings | together_findings

# METADATA
# title: Findings that one location alone can show
# entrypoint: true
alone_findings := location_findings | declared_findings

# METADATA
# title: All findings
# entrypoint: true
findings := location_findings | dataset_findings
