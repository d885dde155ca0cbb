package export

import (
	"slices"
	"strings"
	"unicode"
)

// terraformLine writes one assignment of a .tfvars file. The dollar of a ${ is
// written by its number: HCL reads $${ in other ways where more dollars precede.
func terraformLine(dst []byte, name, value string) []byte {
	quoted := string(appendQuoted(nil, value))
	dst = append(append(dst, name...), " = "...)
	dst = append(dst, strings.NewReplacer("${", `\u0024{`, "%{", `\u0025{`).Replace(quoted)...)
	return append(dst, '\n')
}

// terraformName refuses what no variable of Terraform can be called.
func terraformName(name, _ string) string {
	reserved := []string{"count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version"}
	switch {
	case !spelled(name, "-") || '0' <= name[0] && name[0] <= '9' || name[0] == '-':
		return "has a name that may only be made of letters, digits, _ and -, starting with a letter or _"
	case slices.Contains(reserved, name):
		return "has a name that Terraform reserves"
	}
	return ""
}

// composed refuses what may change when Terraform brings strings into Unicode's
// normal form C. It is stricter than that: it refuses every combining mark.
func composed(_, value string) string {
	if strings.ContainsFunc(value, func(r rune) bool {
		return unicode.Is(recomposed, r) || unicode.Is(unicode.M, r) && !unicode.Is(unicode.Variation_Selector, r)
	}) {
		return "has a character that Terraform's Unicode normalisation may change"
	}
	return ""
}

// recomposed holds the characters, other than marks, that normal form C replaces
// or joins to the one before (NFC_Quick_Check in Unicode's
// DerivedNormalizationProps.txt), and a few between them.
var recomposed = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x0374, 0x0374, 1}, {0x037e, 0x037e, 1}, {0x0387, 0x0387, 1}, // Greek
		{0x0958, 0x095f, 1}, {0x09dc, 0x09df, 1}, {0x0a33, 0x0a36, 3}, {0x0a59, 0x0a5e, 1}, {0x0b5c, 0x0b5d, 1}, // Indic
		{0x0f43, 0x0f69, 1},                      // Tibetan
		{0x1161, 0x1175, 1}, {0x11a8, 0x11c2, 1}, // Hangul
		{0x1f71, 0x1f7d, 2}, {0x1fbb, 0x1ffd, 1}, // Greek
		{0x2000, 0x2001, 1}, {0x2126, 0x2126, 1}, {0x212a, 0x212b, 1}, {0x2329, 0x232a, 1}, {0x2adc, 0x2adc, 1}, // symbols
		{0xf900, 0xfad9, 1}, {0xfb1d, 0xfb4e, 1}, // compatibility ideographs, Hebrew
	},
	R32: []unicode.Range32{
		{0x1d15e, 0x1d164, 1}, {0x1d1bb, 0x1d1c0, 1}, {0x2f800, 0x2fa1d, 1}, // music, ideographs
	},
}
