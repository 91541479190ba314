package lineage

import "testing"

// TestComputers: a computer has one name, whatever its logs call it, and two of the same first label are two.
func TestComputers(t *testing.T) {
	for name, c := range map[string]struct{ in, want []string }{
		"case":         {[]string{"WS01", "ws01", "Ws01"}, []string{"WS01", "WS01", "WS01"}},
		"domain later": {[]string{"WS01", "ws01.corp.example", "WS01"}, []string{"WS01", "WS01", "WS01"}},
		"domain before": {[]string{"WS01.corp.example", "ws01", "WS01.CORP.EXAMPLE"}, []string{
			"WS01.corp.example", "WS01.corp.example",
			"WS01.corp.example",
		}},
		"two domains":      {[]string{"a.one", "a.two", "A.ONE"}, []string{"a.one", "a.two", "a.one"}},
		"which of the two": {[]string{"a", "a.one", "a.two", "a", "a.one"}, []string{"a", "a", "a.two", "A", "a"}},
		"two, then short":  {[]string{"a.one", "a.two", "a", "a.one"}, []string{"a.one", "a.two", "a", "a.one"}},
		"addresses":        {[]string{"10.0.0.1", "10.0.0.2", "10"}, []string{"10.0.0.1", "10.0.0.2", "10"}},
		"none":             {[]string{"", "a", ""}, []string{"", "a", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			var all computers
			for i, in := range c.in {
				if got := all.of(in); got != c.want[i] {
					t.Errorf("%d: %q is %q, want %q", i, in, got, c.want[i])
				}
			}
		})
	}
}
