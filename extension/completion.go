package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"bash, zsh, fish or powershell."`
}

// Help tells where the script goes.
func (completionCmd) Help() string {
	return `bash:        apiwatch.ext completion bash > /etc/bash_completion.d/apiwatch.ext
zsh:         apiwatch.ext completion zsh > "${fpath[1]}/_apiwatch.ext"
fish:        apiwatch.ext completion fish > ~/.config/fish/completions/apiwatch.ext.fish
powershell:  apiwatch.ext completion powershell >> $PROFILE`
}

// Run prints a shell's script: the words that each command takes, and files where it takes others.
func (c *completionCmd) Run(a *app, k *kong.Kong) error {
	words, err := completions(k.Model)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, completionScripts[c.Shell](words))
	return err
}

// completed is what may follow a command; the first of them, without a name, is for the place of the command itself.
type completed struct {
	command string
	words   []string
}

// completions gives the commands with their flags and the words that are known of their arguments.
func completions(app *kong.Application) ([]completed, error) {
	flags := func(n *kong.Node) (out []string) {
		for _, group := range n.AllFlags(true) {
			for _, f := range group {
				out = append(out, "--"+f.Name)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	ds, err := queries.All()
	if err != nil {
		return nil, fmt.Errorf("loading detections: %w", err)
	}
	arguments := map[string][]string{"completion": {"bash", "zsh", "fish", "powershell"}}
	for _, d := range ds {
		arguments["detections"] = append(arguments["detections"], d.ID, d.Strategy, d.Technique)
	}
	for _, t := range tables.All(&tables.Data{}) {
		arguments["schema"] = append(arguments["schema"], t.Name)
	}
	first := completed{words: flags(app.Node)}
	out := []completed{}
	for _, c := range app.Children {
		if c.Hidden {
			continue
		}
		first.words = append(first.words, c.Name)
		known := arguments[c.Name]
		slices.Sort(known)
		out = append(out, completed{c.Name, slices.Concat(flags(c), slices.Compact(known))})
	}
	return append([]completed{first}, out...), nil
}

// eachCommand gives a script that has a line for no command yet, and one for each command.
func eachCommand(head, none, one, tail string) func([]completed) string {
	return func(cs []completed) string {
		var b strings.Builder
		b.WriteString(head)
		fmt.Fprintf(&b, none, strings.Join(cs[0].words, " "))
		for _, c := range cs[1:] {
			fmt.Fprintf(&b, one, c.command, strings.Join(c.words, " "))
		}
		b.WriteString(tail)
		return b.String()
	}
}

// completionScripts write the script of each shell.
var completionScripts = map[string]func([]completed) string{
	"bash": eachCommand(
		"_apiwatch() {\n  local words\n  case ${COMP_CWORD}:${COMP_WORDS[1]} in\n", "  1:*) words='%s' ;;\n", "  *:%s) words='%s' ;;\n",
		"  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"+
			"complete -o default -F _apiwatch apiwatch.ext\n",
	),
	"zsh": eachCommand(
		"#compdef apiwatch.ext\n_apiwatch() {\n  local -a words_known\n  case ${CURRENT}:${words[2]} in\n",
		"  2:*) words_known=(%s) ;;\n", "  *:%s) words_known=(%s) ;;\n",
		"  esac\n  compadd -- $words_known\n  _files\n}\ncompdef _apiwatch apiwatch.ext\n",
	),
	"fish": eachCommand(
		"", "complete -c apiwatch.ext -n __fish_use_subcommand -a '%s'\n",
		"complete -c apiwatch.ext -n '__fish_seen_subcommand_from %s' -a '%s'\n", "",
	),
	"powershell": func(cs []completed) string {
		var b strings.Builder
		b.WriteString("Register-ArgumentCompleter -Native -CommandName apiwatch.ext, apiwatch.ext.exe -ScriptBlock {\n")
		b.WriteString("  param($word, $line, $at)\n  $before = @($line.CommandElements | ForEach-Object { \"$_\" })\n")
		b.WriteString("  $place = $before.Count\n  if ($word) { $place-- }\n  $known = @{\n")
		for _, c := range cs {
			fmt.Fprintf(&b, "    '%s' = '%s'\n", c.command, strings.Join(c.words, " "))
		}
		b.WriteString("  }\n  $words = if ($place -le 1) { $known[''] } else { $known[$before[1]] }\n")
		b.WriteString("  -split $words | Where-Object { $_ -like \"$word*\" } | ForEach-Object {\n")
		b.WriteString("    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)\n  }\n}\n")
		return b.String()
	},
}
