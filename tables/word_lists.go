package tables

import (
	"context"
	"iter"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// listedWord is a word of one list.
type listedWord struct {
	*names.List
	word string
}

func wordLists(*Data) *Table {
	return spec[listedWord]{
		Name: "word_lists",
		Description: "Words that the program itself decides by, one row a word: what a column says because of one of them. " +
			"What may be changed on a machine stands in detection_tuning instead.",
		Platforms: []string{"linux", "windows", "darwin"},
		Examples:  []string{"SELECT list, word FROM word_lists WHERE column_name = 'api_calls.obfuscation'"},
		Columns: []column[listedWord]{
			text("list", "Name of the list.", func(w listedWord) string { return w.Name }),
			text("word", "The word, as it is compared.", func(w listedWord) string { return w.word }),
			text("column_name", "Where what was decided by it is shown, table and column.", func(w listedWord) string { return w.Column }),
			text("meaning", "What the list is of.", func(w listedWord) string { return w.Meaning }),
		},
		Rows: func(context.Context, *Query) (iter.Seq2[int64, listedWord], error) {
			return func(yield func(int64, listedWord) bool) {
				n := int64(0)
				for _, l := range allLists() {
					for _, word := range l.Words {
						if n++; !yield(n, listedWord{&l, word}) {
							return
						}
					}
				}
			}, nil
		},
	}.table()
}

func allLists() []names.List {
	const system, obfuscation = "api_calls.system_path", "api_calls.obfuscation"
	return slices.Concat(conceal.Lists(), event.Lists(), linux.Lists(), []names.List{
		{
			Name:    "system_folders",
			Meaning: "Folders where packages install programs and only administrators write.",
			Column:  system,
			Words:   systemFolders,
		},
		{Name: "open_folders", Meaning: "Folders in those where anybody may write.", Column: system, Words: openFolders},
		{
			Name:    "packed_endings",
			Meaning: "Endings of files that hold others in a form that is not read as it stands.",
			Column:  obfuscation,
			Words:   packed,
		},
		{
			Name:    "program_endings",
			Meaning: "Endings of files that are or hold programs, as pages carry them.",
			Column:  obfuscation,
			Words:   containers,
		},
		{Name: "archive_endings", Meaning: "Endings of archives, which honest pages make, too.", Column: obfuscation, Words: archives},
		{
			Name:    "library_runners",
			Meaning: "Programs that run a library which their command line names.",
			Column:  obfuscation,
			Words:   libraryRunners,
		},
		{
			Name:    "script_runners",
			Meaning: "Programs that run a script which their command line names.",
			Column:  obfuscation,
			Words:   scriptRunners,
		},
		{
			Name: "library_loaders", Meaning: "Functions that load the library which their argument names.",
			Column: "process_modifications.code_system_path", Words: loaders,
		},
	})
}
