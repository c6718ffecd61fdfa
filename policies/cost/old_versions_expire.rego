# METADATA
# scope: package
# title: Earlier versions expire
# description: >-
#   A bucket that keeps earlier versions pays for each of them until it expires. Those of raw images that are held, or
#   still have to be kept, stay on purpose.
# custom:
#   id: cost/old_versions_expire
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.now
#     - location.dataset
#     - location.store
#     - location.system
#     - location.has
#     - location.lifecycle
#     - store.kind
#     - dataset.project
#     - dataset.level
#     - dataset.origin
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.step
#     - dataset.deidentification
#     - dataset.agreement
#     - dataset.created
#     - dataset.retention_days
#     - dataset.hold
#     - project.grant
#     - project.grant_ends
#     - agreement.retention_days
#     - lab.retention_days
#   cure: Give the bucket a lifecycle rule that lets noncurrent versions expire, after 90 days for instance.
#   references:
#     - Amazon S3 User Guide, expiring noncurrent versions of objects
package slidebox.cost.old_versions_expire

import data.slidebox.lib.judge
import data.slidebox.lib.retention
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	message := messages[location.lifecycle.noncurrent_days]
	location.has.versioning == true
	location.lifecycle.offered != false
	systems.bucket(location)
	not on_purpose(location)
	finding := judge.finding(info, id, message)
}

location_findings contains finding if some finding in judge.unread_locations(info)

messages := {
	"none": "earlier versions never expire, and are paid for",
	"unknown": "nothing says whether earlier versions expire",
}

# "held" is later than every day.
on_purpose(location) if {
	input.datasets[location.dataset].level == "raw_images"
	until := retention.until[location.dataset]
	until != "none"
	until >= input.now
}
