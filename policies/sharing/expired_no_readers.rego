# METADATA
# scope: package
# title: Nobody reads what has expired
# description: >-
#   After the day on which the right to a dataset ends, nobody can read it any more; and where the participants have
#   set a limit on use, what is made from it ends with it.
# custom:
#   id: sharing/expired_no_readers
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - facts.now
#     - location.dataset
#     - location.starts
#     - location.readers
#     - dataset.parents
#     - dataset.duo
#     - dataset.expires
#   cure: Delete the data there and take all access away; or have the right renewed, and write its new day in `expires`.
#   references:
#     - Data Use Ontology, DUO:0000025 time limit on use
#     - 45 CFR 164.514(e)(4)(ii)(C), use as the data use agreement permits
package slidebox.sharing.expired_no_readers

import data.slidebox.lib.audience
import data.slidebox.lib.deadlines
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	expires := deadlines.expires[location.dataset]
	expires < deadlines.begins(location)
	some reader in location.readers
	"read" in reader.actions
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read on %s, and the right to the data ended on %s", [
			audience.in_words(reader.principal),
			deadlines.begins(location),
			expires,
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)
