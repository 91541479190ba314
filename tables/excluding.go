package tables

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// SQLite hands no NOT IN, no NOT LIKE and no NOT EXISTS to a table. A column that is asked for by one text, a list as JSON, does it: it
// gives what an allow-list leaves, and all of it where the list is empty.

// excluding makes the column NAME_unlike beside a text column NAME.
func excluding[R any](of column[R]) column[R] {
	return asking(of, "_unlike", "Asked for by = with a JSON array of patterns of LIKE (backslash escapes): gives the rows whose "+of.Name+
		" is like none of them; one that begins with _: is for a volume as the kernel names it, too.",
		lists(func(items []string) (func(string) bool, error) {
			l, err := newLikeOne(items)
			return func(text string) bool {
				_, like := l.first(text)
				if rest, ok := onVolume(text); ok && !like {
					_, like = l.first("?:" + rest)
				}
				return !like
			}, err
		}))
}

// onVolume gives what follows the kernel's name of a volume, \Device\HarddiskVolume3, of which no letter is known.
func onVolume(path string) (rest string, ok bool) {
	const volume = `\Device\HarddiskVolume`
	if len(path) <= len(volume) || !strings.EqualFold(path[:len(volume)], volume) {
		return "", false
	}
	rest = strings.TrimLeft(path[len(volume):], "0123456789")
	return rest, len(rest) < len(path)-len(volume) && strings.HasPrefix(rest, `\`)
}

// outside makes the column NAME_outside beside a column NAME of addresses.
func outside[R any](of column[R]) column[R] {
	return asking(of, "_outside", "Asked for by = with a JSON array of address blocks such as 127.0.0.0/8: gives the rows whose "+of.Name+
		" is an IP address in none of them.", lists(func(items []string) (func(string) bool, error) {
		blocks := make([]netip.Prefix, len(items))
		for i, item := range items {
			var err error
			if blocks[i], err = netip.ParsePrefix(item); err != nil {
				return nil, fmt.Errorf("%q is no address block", item)
			}
		}
		return func(text string) bool {
			a, err := netip.ParseAddr(text)
			a = a.Unmap().WithZone("")
			return err == nil && !slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.Contains(a) })
		}, nil
	}))
}

// lists reads what is asked for as lists, and each list as what it leaves.
func lists(read func(items []string) (leaves func(text string) bool, err error)) func(asked []string) (question, error) {
	return func(asked []string) (question, error) {
		var out allowLists
		for _, text := range asked {
			var items []string
			if err := json.Unmarshal([]byte(text), &items); err != nil {
				return nil, fmt.Errorf("%q is no JSON array of texts", text)
			}
			leaves, err := read(items)
			if err != nil {
				return nil, err
			}
			out = append(out, allowList{text, leaves})
		}
		return out, nil
	}
}

// allowLists ask which of some lists leaves a text.
type allowLists []allowList

type allowList struct {
	asked  string
	leaves func(text string) bool
}

func (l allowLists) first(text string) (asked string, ok bool) {
	for _, list := range l {
		if list.leaves(text) {
			return list.asked, true
		}
	}
	return "", false
}
