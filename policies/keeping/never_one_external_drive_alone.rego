# METADATA
# scope: package
# title: Raw images never lie on one external drive alone
# description: >-
#   A single external drive serves a few years, falls, and is carried away. In no term is it the only place of raw
#   images that cannot be had again.
# custom:
#   id: keeping/never_one_external_drive_alone
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.system
#     - location.failure_domain
#     - dataset.level
#     - dataset.origin
#     - dataset.keep
#   cure: Add a second store of another failure domain.
#   references:
#     - Playbook, Table 1, external hard drive
#     - Backblaze Drive Stats, a drive serves three to five years
package slidebox.keeping.never_one_external_drive_alone

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

together_findings contains finding if {
	some subject, places in held
	object.keys(places.systems) == {systems.external_drive}
	count(places.domains) == 1
	finding := judge.wanting(
		judge.finding(info, subject, sprintf(
			"raw images lie on one external drive alone, %s",
			[concat("", object.keys(places.domains))],
		)),
		"another_copy",
	)
}

together_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if some finding in judge.unread_datasets(info)

held := object.union_n([{subject: places} |
	some location in input.locations
	location.system != systems.deletion
	kept_safe(input.datasets[location.dataset])
	subject := sprintf("%s@%s", [location.dataset, location.term])
	places := {"systems": {location.system: null}, "domains": {location.failure_domain: null}}
])

kept_safe(dataset) if {
	dataset.level == "raw_images"
	dataset.origin != "public"
	dataset.keep != "stream"
}
