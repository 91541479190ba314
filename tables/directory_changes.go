package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func directoryChanges(d *Data) *Table {
	get := detailOf[event.DirectoryChange]
	return eventView{
		Name:        "directory_changes",
		Description: "Changes of objects in Active Directory and of local accounts and groups.",
		Component:   "DC0066 Active Directory Object Modification, DC0010 User Account Modification",
		Kinds:       []event.Kind{event.KindDirectory},
		Examples: []string{
			"SELECT time, user, action, object, member FROM directory_changes WHERE action = 'add_member'",
			"SELECT time, user, object, attribute, value FROM directory_changes WHERE attribute = 'servicePrincipalName'",
		},
		Columns: []column[ev]{
			text("action", "create, modify, delete, undelete, move, enable, disable, lock, unlock, rename, add_member, remove_member, "+
				"reset_password, change_password, add_sid_history, assign_right, remove_right, access for properties and extended rights used, "+
				"or enumerate for members and groups asked for.", func(e ev) string { return get(e).Action }),
			text("object", "The object: a distinguished name, or DOMAIN\\name of an account.", func(e ev) string { return get(e).Object }),
			text("object_class", "user, group, computer, domainDNS, ….", func(e ev) string { return get(e).ObjectClass }),
			text("object_sid", "Security identifier of an account.", func(e ev) string { return get(e).ObjectSID }),
			text("attribute", "What was changed; for an account all attributes, separated by spaces.",
				func(e ev) string { return get(e).Attribute }),
			text("value", "What it was changed to; for an account name=value, one a line.", func(e ev) string { return get(e).Value }),
			text("operation", "add or delete of the value.", func(e ev) string { return get(e).Operation }),
			text("member", "The member added to a group or removed.", func(e ev) string { return get(e).Member }),
		},
	}.table(d)
}
