package mask

import (
	"encoding/binary"
	"slices"
)

// An automaton finds many patterns at once. It is that of Aho and Corasick,
// entered only where the first bytes of a pattern may stand: a table over three
// bytes rules out four places at once, a second one most of the others.
// It is immutable.
//
// Its nodes are those of the trie of all patterns, in depth-first order: the
// first child of a node is the next node. The root is 0.
type automaton struct {
	label []byte  // the last byte of what leads to a node
	flags []uint8 // below
	depth []int32 // the number of bytes that lead to a node
	fail  []int32 // the node of the longest proper suffix of these

	root [256]int32       // the root's children; 0: none
	more map[uint64]int32 // the children of other nodes, but for the first
	ends map[int32]int32  // the length of the longest pattern that ends at a node

	// The first MinLength bytes of the patterns are their prefixes. Of what
	// hashes alike, grams tells at which places of a prefix it stands, a bit
	// each, and prefixes whether it is one.
	grams    [1 << gramBits]uint8
	prefixes [1 << prefixBits / 64]uint64
}

// edge is the key of more.
func edge(from int32, label byte) uint64 { return uint64(from)<<8 | uint64(label) }

// What is known of a node.
const (
	inner = 1 << iota // it has a child
	forks             // it has several
	final             // a pattern ends here
	deep              // at least MinLength bytes lead to it
)

const (
	gram       = 3                    // bytes that are looked at together
	grams      = MinLength - gram + 1 // of them in a prefix
	gramBits   = 15
	prefixBits = 16
)

func gramHash(gram uint32) uint32 { return gram * 0x9e3779b1 >> (32 - gramBits) }

func prefixHash(text []byte) uint64 {
	prefix := uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint16(text[4:MinLength]))<<32
	return prefix * 0x9e3779b97f4a7c15 >> (64 - prefixBits)
}

// newAutomaton returns one for patterns of at least MinLength bytes each.
func newAutomaton(patterns []string) *automaton {
	patterns = slices.Clone(patterns)
	slices.Sort(patterns)
	patterns = slices.Compact(patterns)

	a := &automaton{more: map[uint64]int32{}, ends: map[int32]int32{}}
	siblings := a.addTrie(patterns)
	a.addLinks(siblings)
	for _, p := range patterns {
		prefix := []byte(p[:MinLength])
		for place := range grams {
			h := gramHash(uint32(prefix[place]) | uint32(prefix[place+1])<<8 | uint32(prefix[place+2])<<16)
			a.grams[h] |= 1 << place
		}
		h := prefixHash(prefix)
		a.prefixes[h/64] |= 1 << (h % 64)
	}
	return a
}

// addTrie makes the nodes. It returns which child comes after each, or 0; of a
// final node ends is its depth.
func (a *automaton) addTrie(patterns []string) (siblings []int32) {
	total := 1
	for i, p := range patterns {
		total += len(p)
		if i > 0 {
			total -= commonPrefix(patterns[i-1], p)
		}
	}
	a.label, a.flags = make([]byte, 1, total), make([]uint8, 1, total)
	a.depth, a.fail = make([]int32, 1, total), make([]int32, total)

	siblings = make([]int32, total) // a map takes twice the time
	path := []int32{0}              // the nodes of the pattern before
	before := ""
	for _, p := range patterns {
		common := commonPrefix(before, p)
		for i := common; i < len(p); i++ {
			node, parent := int32(len(a.label)), path[i]
			if a.flags[parent]&inner != 0 {
				siblings[path[i+1]] = node
				a.flags[parent] |= forks
				a.more[edge(parent, p[i])] = node
			}
			a.flags[parent] |= inner
			if parent == 0 {
				a.root[p[i]] = node
			}
			a.label = append(a.label, p[i])
			a.depth = append(a.depth, int32(i+1))
			a.flags = append(a.flags, 0)
			if i+1 >= MinLength {
				a.flags[node] = deep
			}
			path = append(path[:i+1], node)
		}
		last := path[len(p)]
		a.flags[last] |= final
		a.ends[last] = int32(len(p))
		before = p
	}
	return siblings
}

func commonPrefix(s, t string) int {
	n := min(len(s), len(t))
	for i := range n {
		if s[i] != t[i] {
			return i
		}
	}
	return n
}

// addLinks sets fail, level by level, and makes the nodes final whose suffixes are.
func (a *automaton) addLinks(siblings []int32) {
	queue := make([]int32, 1, len(a.label))
	for len(queue) > 0 {
		parent := queue[0]
		queue = queue[1:]
		if a.flags[parent]&inner == 0 {
			continue
		}
		for node := parent + 1; node != 0; node = siblings[node] {
			queue = append(queue, node)
			if parent != 0 {
				a.fail[node] = a.step(a.fail[parent], a.label[node])
			}
			if f := a.fail[node]; a.flags[f]&final != 0 && a.flags[node]&final == 0 {
				a.flags[node] |= final
				a.ends[node] = a.ends[f]
			}
		}
	}
}

// step returns the node of the longest suffix of what leads to node, followed by c.
func (a *automaton) step(node int32, c byte) int32 {
	for node != 0 {
		if flags := a.flags[node]; flags&inner != 0 {
			if a.label[node+1] == c {
				return node + 1
			}
			if flags&forks != 0 {
				if child, ok := a.more[edge(node, c)]; ok {
					return child
				}
			}
		}
		node = a.fail[node]
	}
	return a.root[c]
}

// open returns the node of the longest suffix that more bytes can make a pattern of.
func (a *automaton) open(node int32) int32 {
	for node != 0 && a.flags[node]&inner == 0 {
		node = a.fail[node]
	}
	return node
}

// next looks for the end of a pattern behind text[:i], where *node is what has
// been seen: its depth tells how many bytes before i may be the beginning of a
// pattern. It returns where the pattern ends and its length, the longest where
// several end there; or a length of 0 and *node for the whole text.
func (a *automaton) next(text []byte, i int, node *int32) (end, length int) {
	n := *node
	start := -1 // where the bytes that lead to n began when the table was asked last
	for {
		if from := i - int(a.depth[n]); a.flags[n]&deep == 0 && from > start {
			// The table knows all that these few bytes say.
			start = a.skip(text, from)
			i, n = start, 0
		}
		if i == len(text) {
			*node = n
			return i, 0
		}
		n = a.step(n, text[i])
		i++
		for a.flags[n]&(inner|final) == inner && i < len(text) && a.label[n+1] == text[i] {
			n, i = n+1, i+1 // the usual way along a pattern
		}
		if a.flags[n]&final != 0 {
			*node = a.open(n)
			return i, int(a.ends[n])
		}
	}
}

// skip returns the first place from which on a pattern may begin: where one of
// the prefixes stands, or where there is too little text to tell.
func (a *automaton) skip(text []byte, from int) int {
	// Whichever place a pattern begins at, one of the grams of its prefix begins
	// at one of these.
	for at := from + grams - 1; at+gram <= len(text); at += grams {
		places := a.grams[gramHash(binary.LittleEndian.Uint32(text[at-1:])>>8)]
		if places == 0 {
			continue
		}
		for place := grams - 1; place >= 0; place-- {
			if start := at - place; places>>place&1 != 0 && start+MinLength <= len(text) && a.begins(text[start:]) {
				return start
			}
		}
	}
	return max(from, len(text)-MinLength+1)
}

// begins reports whether text may begin with a prefix. It errs once in many times.
func (a *automaton) begins(text []byte) bool {
	h := prefixHash(text)
	return a.prefixes[h/64]>>(h%64)&1 != 0
}
