package config

import "strings"

// Nearest returns the known word that word was probably meant to be, or "".
// A third of the characters may be wrong, missing, too many or swapped, but not
// all of them; case does not count.
func Nearest(word string, known []string) string {
	best, found := min(max(1, len(word)/3)+1, max(1, len(word))), ""
	for _, k := range known {
		if n := distance(strings.ToLower(word), strings.ToLower(k)); n < best {
			best, found = n, k
		}
	}
	return found
}

// distance counts the edits from a to b: insertions, deletions, substitutions
// and swaps of neighbours (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
