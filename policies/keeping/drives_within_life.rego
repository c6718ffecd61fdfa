# METADATA
# scope: package
# title: Drives hold data only as long as they are expected to serve
# description: >-
#   A drive that is older than was expected of it fails more often from year to year. Data that are on it, or are to
#   come onto it in a later term, need a newer one.
# custom:
#   id: keeping/drives_within_life
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.store
#     - location.starts
#     - store.life_ends
#   cure: Buy a drive, declare it in lab.yaml, and move the data onto it; or write down what is expected of this one.
#   references:
#     - Playbook, Table 1, external hard drive
#     - Backblaze Drive Stats, a drive serves three to five years
package slidebox.keeping.drives_within_life

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	ends := input.stores[location.store].life_ends

	# Words such as none are later than any day.
	location.starts > ends
	finding := judge.finding(info, id, sprintf(
		"%s was expected to serve until %s, and the data are there from %s on",
		[location.store, ends, location.starts],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)
