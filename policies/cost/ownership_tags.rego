# METADATA
# scope: package
# title: Every location says whose it is
# description: Every location carries the lab's required tags, so that cost and questions find their owner.
# custom:
#   id: cost/ownership_tags
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.tags
#     - lab.required_tags
#   cure: Give the location the tags of `required_tags` in lab.yaml.
#   references:
#     - Playbook, section Flow, align data access demand with storage solutions
package slidebox.cost.ownership_tags

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	missing := required - filled(location.tags)
	count(missing) > 0
	finding := judge.finding(info, id, sprintf("tags are missing or empty: %s", [concat(", ", sort(missing))]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

required := {tag | some tag in input.lab.required_tags}

filled(tags) := {tag |
	some tag in required
	value := tags[tag]
	is_string(value)
	not blank(value)
}

blank(value) if trim_space(value) in {"", "unknown"}
