package eventlog

import "github.com/apiwatch/apiwatch/collectors/event"

// printEvents are those of Microsoft-Windows-PrintService's Admin and Operational logs that tell of printers, their drivers
// and what is printed. The spooler logs them for the user.
var printEvents = map[uint32]mapping{
	215: kept{api: "AddPrinterDriverEx", object: []string{"PrintDriverName", "Param1"}}.event,
	300: kept{api: "AddPrinter", object: []string{"Param1", "param1"}}.event,
	301: kept{api: "DeletePrinter", object: []string{"Param1", "param1"}}.event,
	307: kept{api: "StartDocPrinter", user: []string{"Param3", "param3"}, object: []string{"Param5", "param5"}}.event,
	316: kept{api: "AddPrinterDriverEx", object: []string{"Param4", "param4"}}.event,
	808: kept{api: "AddPrinterDriverEx", object: []string{"PluginDllName"}, outcome: event.Failure}.event,
	811: kept{api: "AddPrinterDriverEx", object: []string{"PluginDllName", "Param1"}, outcome: event.Failure}.event,
	823: kept{api: "SetDefaultPrinter", object: []string{"NewDefaultPrinter"}, status: []string{"Status"}}.event,
	848: kept{api: "SetPrinter", object: []string{"PrinterName"}}.event,
	849: kept{api: "SetPrinter", object: []string{"PrinterName"}}.event,
}
