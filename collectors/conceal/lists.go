package conceal

import "github.com/apiwatch/apiwatch/collectors/names"

// Lists gives the words that texts are looked through for. What a sign of obfuscation looks for beside words, such as how many joints a
// text has, is in its function alone.
func Lists() []names.List {
	signs := make([]string, len(textSigns))
	for i := range textSigns {
		signs[i] = textSigns[i].name
	}
	const obfuscation = "api_calls.obfuscation"
	return []names.List{
		{Name: "obfuscation_signs", Meaning: "Ways of hiding that are looked for in a text.", Column: obfuscation, Words: signs},
		{
			Name: "telling_words", Meaning: "Words that whoever hides what a text says takes apart: split_words is one that stands there in pieces.",
			Column: obfuscation, Words: tellingWords,
		},
		{Name: "reversed_words", Meaning: "Commands of PowerShell written backwards.", Column: obfuscation, Words: reversedWords},
		{
			Name: "code_starts", Meaning: "First bytes, in hexadecimal, of a program or code that is kept as data in a log.",
			Column: obfuscation, Words: codeStarts,
		},
		{
			Name: "stream_hosts", Meaning: "Endings of files whose alternate data stream is named without a folder.",
			Column: "api_calls.stream", Words: streamHosts,
		},
	}
}
