package names

// List is a list of words that the program itself decides by, as the table `word_lists` shows it: what may be changed
// on a machine is tuning instead.
type List struct {
	Name    string
	Meaning string
	Column  string // where what was decided by it is shown, "table.column"
	Words   []string
}
