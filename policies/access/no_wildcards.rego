# METADATA
# scope: package
# title: No statement allows everybody, or everything
# description: >-
#   A statement that allows names its actions one by one, and its principals too: `*` stands for everyone only where
#   the dataset is declared public in that term. What a pattern takes in grows without anybody deciding it.
# custom:
#   id: access/no_wildcards
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.wildcards
#     - dataset.audience
#     - dataset.public_terms
#   cure: Name the principals and the actions in the statement, such as s3:GetObject and s3:ListBucket for reading.
#   references:
#     - NIST SP 800-171 3.1.5, least privilege
#     - AWS IAM User Guide, security best practices, least-privilege permissions
package slidebox.access.no_wildcards

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some wildcard in location.wildcards
	not meant(wildcard, location)
	finding := judge.by(
		judge.finding(info, id, sprintf("%q allows %s", [wildcard.value, reach[wildcard.what]])),
		[wildcard.where],
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

meant(wildcard, location) if {
	wildcard.what == "principal"
	audience.everyone(location.dataset, location.term)
}

reach := {
	"action": "actions that nobody has named",
	"principal": "everybody, and the dataset is not declared public in this term",
}
