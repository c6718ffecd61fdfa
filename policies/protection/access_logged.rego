# METADATA
# scope: package
# title: It is logged who read what
# description: >-
#   A place of anything that is not open writes down who read what and when. Drives and gateways without such a log
#   are usable, and it is said that nobody could tell afterwards.
# custom:
#   id: protection/access_logged
#   severity: warning
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.has
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#   cure: Turn on access logs or data events for the bucket, or choose a store that has them.
#   references:
#     - 45 CFR 164.312(b), audit controls
#     - NIST SP 800-171 3.3.1, create and retain audit logs
package slidebox.protection.access_logged

import data.slidebox.lib.judge
import data.slidebox.lib.needs

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	has := location.has.access_log
	has != true
	some reason in needs.why("access_log", location.dataset, location.term)
	finding := judge.finding(info, id, sprintf("%s; %s", [needs.lack(has, "access_log"), reason]))
}

location_findings contains finding if some finding in judge.unread_locations(info)
