package live

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// Channel is an event log of Windows that is subscribed to live, and what of it.
type Channel struct {
	Path string
	// LogSource is ATT&CK's name for what it brings.
	LogSource string
	// Providers are those of whose events the mapped ids are asked for. None means every record of the channel: those that
	// have no meaning of their own are rows of eventlog_records.
	Providers []string
	// Records are further ids, of any provider, that are kept as records.
	Records []uint32
	// Missing and Disabled say what to do where Windows has no such channel, or does not write to it.
	Missing, Disabled string
	// Rare says that most machines have no such channel and need none.
	Rare bool
}

// Channels lists the event logs that are subscribed to. Which ids are asked for follows from what the [Mapper] knows.
func Channels() []Channel {
	written := func(c Channel) Channel {
		if c.Disabled == "" {
			c.Disabled = "enable it: wevtutil sl \"" + c.Path + "\" /e:true"
		}
		return c
	}
	whole := func(path, source string) Channel {
		return written(Channel{Path: path, LogSource: source, Missing: "this edition of Windows, or a feature that is not installed, has no " +
			"such channel", Rare: true})
	}
	part := func(path string, providers ...string) Channel {
		c := whole(path, "WinEventLog:"+path)
		c.Providers = providers
		return c
	}
	return []Channel{
		{
			Path: "Security", LogSource: "WinEventLog:Security", Providers: []string{
				"Microsoft-Windows-Security-Auditing",
				"Microsoft-Windows-Eventlog",
			},
			Records: []uint32{1100, 1101, 1108}, Missing: "Windows always has it: is the Windows Event Log service running?",
			Disabled: "Windows always writes it: is the Windows Event Log service running?",
		},
		written(Channel{
			Path: "Microsoft-Windows-Sysmon/Operational", LogSource: "WinEventLog:Sysmon",
			Missing: "Sysmon is not installed: download it from Microsoft's Sysinternals and run sysmon -accepteula -i CONFIG.xml; without it " +
				"file, " +
				"registry, pipe, module and process-access events come from ETW or not at all",
		}),
		written(Channel{
			Path: "Microsoft-Windows-PowerShell/Operational", LogSource: "WinEventLog:PowerShell",
			Missing: "Windows PowerShell is not installed",
		}),
		written(Channel{
			Path: "Windows PowerShell", LogSource: "WinEventLog:PowerShell", Providers: []string{"PowerShell"},
			Missing: "Windows PowerShell is not installed",
		}),
		whole("PowerShellCore/Operational", "WinEventLog:PowerShell"),
		{
			Path: "System", LogSource: "WinEventLog:System",
			Providers: []string{
				"Service Control Manager", "Microsoft-Windows-Eventlog", "Microsoft-Windows-DistributedCOM", "Microsoft-Windows-DNS Client Events",
				"Microsoft-Windows-Directory-Services-SAM",
			},
			Missing:  "Windows always has it: is the Windows Event Log service running?",
			Disabled: "Windows always writes it: is the Windows Event Log service running?",
		},
		written(Channel{
			Path: "Microsoft-Windows-TaskScheduler/Operational", LogSource: "WinEventLog:TaskScheduler",
			Providers: []string{"Microsoft-Windows-TaskScheduler"}, Missing: "the Task Scheduler is not installed",
		}),
		{
			Path: "Application", LogSource: "WinEventLog:Application", Missing: "Windows always has it: is the Windows Event Log service running?",
			Disabled: "Windows always writes it: is the Windows Event Log service running?",
		},
		whole("Microsoft-Windows-Windows Defender/Operational", "WinEventLog:Microsoft-Windows-Windows Defender/Operational"),
		whole("Microsoft-Windows-WMI-Activity/Operational", "WinEventLog:Microsoft-Windows-WMI-Activity/Operational"),
		whole("Microsoft-Windows-COM/Operational", "WinEventLog:Microsoft-Windows-COM/Operational"),
		whole("Microsoft-Windows-Bits-Client/Operational", "WinEventLog:Microsoft-Windows-Bits-Client/Operational"),
		part("Microsoft-Windows-DNS-Client/Operational", "Microsoft-Windows-DNS-Client"),
		part("Microsoft-Windows-WinRM/Operational", "Microsoft-Windows-WinRM"),
		whole("Microsoft-Windows-PrintService/Operational", "WinEventLog:Microsoft-Windows-PrintService/Operational"),
		whole("Microsoft-Windows-PrintService/Admin", "WinEventLog:Microsoft-Windows-PrintService/Admin"),
		whole("Microsoft-Windows-MF-FrameServer/Camera_FrameServer", meaning.CameraSource),
		whole("Microsoft-Windows-Windows Camera Frame Server/Operational", meaning.CameraSource),
		whole("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
			"WinEventLog:Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"),
		whole("Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
			"WinEventLog:Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"),
	}
}

// maxTerms is how many comparisons one Select may hold: Windows refuses a query of more than about 22 as invalid.
const maxTerms = 20

// Query gives the structured XPath query that selects what is mapped of the channel.
func (c *Channel) Query() string {
	var b strings.Builder
	selected := func(condition string) {
		b.WriteString(`<Select Path="` + c.Path + `">*` + condition + `</Select>`)
	}
	b.WriteString(`<QueryList><Query Id="0" Path="` + c.Path + `">`)
	if len(c.Providers) == 0 {
		selected("")
	}
	for _, p := range c.Providers {
		for ids := range slices.Chunk(slices.Sorted(maps.Keys(meaning.FamilyOf(p).Events)), maxTerms) {
			selected("[System[Provider[@Name='" + p + "'] and (" + anyID(ids) + ")]]")
		}
	}
	if len(c.Records) > 0 {
		selected("[System[" + anyID(c.Records) + "]]")
	}
	b.WriteString("</Query></QueryList>")
	return b.String()
}

func anyID(ids []uint32) string {
	terms := make([]string, len(ids))
	for i, id := range ids {
		terms[i] = "EventID=" + strconv.FormatUint(uint64(id), 10)
	}
	return strings.Join(terms, " or ")
}
