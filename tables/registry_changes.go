package tables

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func registryChanges(d *Data) *Table {
	get := detailOf[event.RegistryChange]
	return eventView{
		Name:        "registry_changes",
		Description: "Changes of registry keys and values.",
		Component:   "DC0063 Windows Registry Key Modification",
		Kinds:       []event.Kind{event.KindRegistryChange},
		LastPart:    "key_name",
		Examples: []string{
			"SELECT time, path, key_path, data FROM registry_changes WHERE key_path LIKE '%\\CurrentVersion\\Run\\%'",
		},
		Columns: []column[ev]{
			text("action", "create_key, delete_key, set_value, delete_value or rename; write_access where a handle with rights to change the key "+
				"was used and what changed is not told.", func(e ev) string { return get(e).Action }),
			text("key_path", "The key as HKLM\\… or HKU\\…, with the value's name behind it.", func(e ev) string { return e.Path }),
			text("key_name", "Last part of key_path, in lower case.", func(e ev) string { return event.LastPart(e.Path) }),
			text("value_name", "Name of the value; empty for a key.", func(e ev) string { return get(e).ValueName }),
			text("data", "What the value was set to, as the source shows it.", func(e ev) string { return get(e).Data }),
			text("old_data", "What it was before, where the source says.", func(e ev) string { return get(e).OldData }),
			text("data_type", "REG_SZ, REG_DWORD, …; empty where the source does not say.", func(e ev) string { return get(e).Type }),
			text("access_rights", "Of write_access: the rights used, such as KEY_SET_VALUE.", func(e ev) string {
				if get(e).Access == 0 {
					return ""
				}
				return windows.KeyRights(uint64(get(e).Access))
			}),
			text("new_name", "What it was renamed to.", func(e ev) string { return get(e).NewName }),
		},
	}.table(d)
}
