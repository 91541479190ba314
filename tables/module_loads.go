package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func moduleLoads(d *Data) *Table {
	get := detailOf[event.ModuleLoad]
	return eventView{
		Name:        "module_loads",
		Description: "Libraries that processes loaded, and drivers that the kernel did.",
		Component:   "DC0016 Module Load",
		Kinds:       []event.Kind{event.KindModuleLoad},
		LastPart:    "module_name",
		Examples: []string{
			"SELECT time, path, module_path FROM module_loads WHERE module_name = 'amsi.dll' AND system_path = 0",
			"SELECT time, module_path, signature FROM module_loads WHERE is_driver = 1 AND is_signed = 0",
		},
		Columns: []column[ev]{
			text("module_path", "The module's file.", func(e ev) string { return e.Path }),
			text("module_name", "Last part of module_path, in lower case.", func(e ev) string { return event.LastPart(e.Path) }),
			integer("module_system_path", "1 if it lies in a folder where packages install programs, such as C:\\Windows.",
				func(e ev) int64 { return b2i(inSystemFolder(e.Path)) }),
			text("original_file_name", "The name that its maker gave it.", func(e ev) string { return get(e).OriginalFileName }),
			text("company", "Its maker, as the file says.", func(e ev) string { return get(e).Company }),
			text("product", "The product it belongs to, as the file says.", func(e ev) string { return get(e).Product }),
			text("description", "What it says of itself.", func(e ev) string { return get(e).Description }),
			text("hashes", "Hashes of the file as the source gives them.", func(e ev) string { return get(e).Hashes }),
			known("is_signed", "1 if it bears a signature, NULL if the source does not say.",
				func(e ev) (int64, bool) { return b2i(get(e).Signed), get(e).SignedKnown }),
			text("signature", "Who signed it.", func(e ev) string { return get(e).Signature }),
			text("signature_status", "Valid, Expired, Revoked or the like.", func(e ev) string { return get(e).SignatureStatus }),
			integer("is_driver", "1 if the kernel loaded it.", func(e ev) int64 { return b2i(get(e).Driver) }),
		},
	}.table(d)
}
