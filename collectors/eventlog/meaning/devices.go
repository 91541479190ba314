package meaning

import "github.com/apiwatch/apiwatch/collectors/event"

// CameraSource is ATT&CK's name of the log of the service through which programs share cameras. Windows calls its provider
// Microsoft-Windows-MF-FrameServer and its channel Microsoft-Windows-MF-FrameServer/Camera_FrameServer.
const CameraSource = "WinEventLog:Microsoft-Windows-Windows Camera Frame Server/Operational"

// cameraEvents hold the one that a program's camera session begins with: 6, the proxy to a device, which is logged from
// within the process. What follows (2 to 5 the stream's type and adapter, 7 to 13 the session's end and times) names no
// other process and stays in eventlog_records.
var cameraEvents = map[uint32]mapping{
	6: kept{
		api: "MFCreateDeviceSource", path: []string{"ProcessName", "Process"}, user: []string{"User"},
		object: []string{"SymbolicLink", "DeviceName"},
		status: []string{"hr"},
	}.event,
}

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
