# METADATA
# scope: package
# title: Data travel encrypted only
# description: >-
#   A place takes and gives data over encrypted connections alone. A known lack refuses it for everything that is not
#   open. That nothing is known is said of what is not open; for data about people it refuses a running store.
# custom:
#   id: protection/encrypted_in_transit
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.gate
#     - location.dataset
#     - location.term
#     - location.has
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#   cure: >-
#     Use an endpoint that starts with https, and let the bucket's policy deny what comes without TLS
#     (`aws:SecureTransport`).
#   references:
#     - 45 CFR 164.312(e)(1), transmission security
#     - NIST SP 800-171 3.13.8, cryptographic mechanisms during transmission
package slidebox.protection.encrypted_in_transit

import data.slidebox.lib.judge
import data.slidebox.lib.needs
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	has := location.has.encrypted_transport
	has != true
	some reason in needs.why("encrypted_transport", location.dataset, location.term)
	effective := sensitivity.effective[location.dataset]
	some grave in severity(has, effective)
	finding := judge.graded(info, grave, id, sprintf(
		"%s for %s data; %s",
		[needs.lack(has, "encrypted_transport"), effective, reason],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

severity(has, effective) := {info.severity} if {
	has == false
	effective != "open"
} else := {"warning"} if {
	has == false
} else := set() if {
	effective == "open"
} else := {info.severity} if {
	effective in needs.of_people
	not before_it_is_made
} else := {"warning"}

# Nothing can be read of a place that is not there yet.
before_it_is_made if input.gate in {"plan", "preview"}
