package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func registryRequests(d *Data) *Table {
	get := detailOf[event.RegistryRequest]
	return eventView{
		Name: "registry_requests",
		Description: "Changes of the registry that a command line or a script asks for, however it spells them: reg, setx, wmic, PowerShell's " +
			"cmdlets, .NET, StdRegProv, RegWrite. They are only asked for: what happened stands in registry_changes, where it is logged.",
		Component: "DC0064 Command Execution",
		Kinds:     []event.Kind{event.KindRegistryRequest},
		LastPart:  "key_name",
		Examples: []string{
			"SELECT time, path, cmdline, key_path, data FROM registry_requests WHERE key_path LIKE '%\\CurrentVersion\\Run\\%'",
		},
		Columns: []column[ev]{
			text("asked_in", "command_line or script.", func(e ev) string { return get(e).AskedIn }),
			text("action", "create_key, delete_key, set_value, delete_value or rename.", func(e ev) string { return get(e).Action }),
			text("key_path", "The key as registry_changes has it, HKLM\\… or HKU\\…, with the value's name behind it; "+
				"HKU\\current_user\\… where the asking user's security identifier is not told. What the text does not say "+
				"stays as it stands there: $name.", func(e ev) string { return e.Path }),
			text("key_name", "Last part of key_path, in lower case.", func(e ev) string { return event.LastPart(e.Path) }),
			text("value_name", "Name of the value, (Default) for the one without, * for all of a key; empty for a key.", func(e ev) string {
				return get(e).ValueName
			}),
			text("data", "What the value is to be: a number as DWORD (0x00000001) where the type is told or follows, else as the text has it.",
				func(e ev) string { return get(e).Data }),
			text("data_type", "REG_SZ, REG_DWORD, …; empty where the text does not say.", func(e ev) string { return get(e).Type }),
			text("new_name", "What it is to be renamed to.", func(e ev) string { return get(e).NewName }),
			text("target_computer", "Whose registry it is, where that is another computer's.", func(e ev) string { return get(e).Computer }),
		},
	}.table(d)
}
