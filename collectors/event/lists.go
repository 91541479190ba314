package event

import (
	"maps"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// Lists gives the words that processes and stacks of Windows are judged by.
func Lists() []names.List {
	return []names.List{
		{
			Name: "silent_parents", Meaning: "Processes of SYSTEM that start no programs: from_silent is a child of one.",
			Column: "process_starts.user_change", Words: silentParents,
		},
		{
			Name: "translated_accounts", Meaning: "Names that Windows's own accounts have in other languages.",
			Column: "process_starts.user_change", Words: slices.Sorted(maps.Keys(translated)),
		},
		{
			Name: "stub_modules", Meaning: "Modules whose stubs make system calls: a call from elsewhere is made directly.",
			Column: "process_accesses.is_direct_syscall", Words: stubModules,
		},
		{
			Name: "passage_modules", Meaning: "Modules that pass a call on: the caller is the next frame's module.",
			Column: "process_accesses.caller_module", Words: passageModules,
		},
	}
}
