# METADATA
# scope: package
# title: Uploads that nobody finishes are aborted
# description: >-
#   The parts of an upload that was never finished are paid for and never seen. Where a bucket has a lifecycle, it
#   aborts them after some days.
# custom:
#   id: cost/uploads_aborted
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.store
#     - location.system
#     - location.lifecycle
#     - store.kind
#   cure: Give the bucket a lifecycle rule that aborts incomplete uploads, after 7 days for instance.
#   references:
#     - Amazon S3 User Guide, deleting incomplete multipart uploads with a lifecycle configuration
package slidebox.cost.uploads_aborted

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	message := messages[location.lifecycle.abort_days]
	location.lifecycle.offered != false
	systems.bucket(location)
	finding := judge.finding(info, id, message)
}

location_findings contains finding if some finding in judge.unread_locations(info)

messages := {
	"none": "incomplete uploads are never aborted, and are paid for",
	"unknown": "nothing says whether incomplete uploads are aborted",
}
