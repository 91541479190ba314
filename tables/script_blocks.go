package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func scriptBlocks(d *Data) *Table {
	get := detailOf[event.ScriptBlock]
	return eventView{
		Name: "script_blocks",
		Description: "Script that an interpreter ran: PowerShell's script blocks, whole where the log split them, " +
			"its pipelines and the starts of its engine, and what any interpreter handed to the antimalware scan interface.",
		Component: "DC0029 Script Execution",
		Kinds:     []event.Kind{event.KindScriptBlock},
		Signed:    []string{"script_text"},
		Examples: []string{
			"SELECT time, user, script_path, script_text FROM script_blocks WHERE what = 'block' AND script_text LIKE '%DownloadString%'",
			"SELECT command, count(*) AS calls FROM script_blocks WHERE what = 'pipeline' GROUP BY command ORDER BY calls DESC",
		},
		Columns: []column[ev]{
			text("what", "block, pipeline, engine, error, or start and stop of a block that runs, of which block_id tells which; "+
				"amsi for what an interpreter handed to the antimalware scan interface.", func(e ev) string { return get(e).What }),
			text("script_text", "What ran; for a pipeline its commands with their parameters bound, for an error what it says.",
				func(e ev) string { return get(e).Text }),
			text("script_path", "The script's file, empty for what was typed or made.", func(e ev) string { return e.Path }),
			text("command", "The command of a pipeline.", func(e ev) string { return get(e).Command }),
			text("block_id", "The block's id.", func(e ev) string { return get(e).ID }),
			integer("parts", "Parts of the block that the log had.", func(e ev) int64 { return int64(get(e).Parts) }),
			integer("parts_total", "Parts that the block has: more than parts if some are lost.", func(e ev) int64 { return int64(get(e).Total) }),
			text("host_application", "Command line of the program that hosts the interpreter.", func(e ev) string { return get(e).HostApplication }),
			text("host_name", "The host's name, such as ConsoleHost.", func(e ev) string { return get(e).HostName }),
			known("scan_result", "What the antimalware scan made of it, 32768 or more for malware; NULL elsewhere.", func(e ev) (int64, bool) {
				n, ok := e.Argument("scan_result")
				return int64(n), ok
			}),
			text("engine_version", "Version of the interpreter.", func(e ev) string { return get(e).EngineVersion }),
		},
	}.table(d)
}
