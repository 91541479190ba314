package text

import (
	"fmt"
	"strings"
	"testing"
)

func TestTableForgets(t *testing.T) {
	x := New(func() {})
	for i := range 5 * generation {
		name := fmt.Sprintf(`"/tmp/%d"`, i)
		if got := x.Path([]byte(name)); got != name[1:len(name)-1] {
			t.Fatal(got)
		}
		x.Path([]byte(`"/bin/always"`))
	}
	if n := len(x.paths.young) + len(x.paths.old); n > 2*generation {
		t.Errorf("%d strings are kept", n)
	}
	if _, ok := x.paths.young[`"/bin/always"`]; !ok {
		t.Error("a string in use was forgotten")
	}
	long := []byte(`"/` + strings.Repeat("x", maxShared) + `"`)
	x.Path(long)
	if _, ok := x.paths.young[string(long)]; ok {
		t.Error("a long string is kept")
	}
}
