# METADATA
# scope: package
# title: No long-lived key where there are roles
# description: >-
#   Where a store offers roles, whose credentials end by themselves, nobody holds a key that does not: a key in a file
#   is copied, committed and forgotten.
# custom:
#   id: access/no_long_lived_keys
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - location.store
#     - location.keys
#     - store.roles
#   cure: Give access by a role (or the identity of a workload), and delete the key.
#   references:
#     - NIST SP 800-171 3.5.9 and 3.5.10, credentials are temporary and protected
#     - AWS IAM User Guide, security best practices, temporary credentials
package slidebox.access.no_long_lived_keys

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some holder in location.keys
	input.stores[location.store].roles == true
	finding := judge.finding(info, id, sprintf("%s holds a key that does not end by itself, and %s offers roles", [
		audience.in_words(holder),
		location.store,
	]))
}

location_findings contains finding if some finding in judge.unread_locations(info)
