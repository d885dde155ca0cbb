package schema

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestBuiltin(t *testing.T) {
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	const (
		intRule, intHint       = "an integer of at most 64 bits", "write it in decimal digits, with a - in front if it is negative"
		numberRule, numberHint = "a number", "write it as in JSON: 1, -2.5, 1e-3"
		boolRule, boolHint     = "true, false, 1 or 0", "write true or false, in small letters"
		urlRule                = "a URL with a scheme and a host or a path"
		urlHint                = "write it in full, https://example.com/path, and special characters as %NN"
		emailRule, emailHint   = "an e-mail address", "write the address alone: name@example.com"
		portRule, portHint     = "a number from 1 to 65535", "write it in decimal digits"
		pemHint                = "keep the lines as they are in the file: aside secret set NAME --file key.pem"
		jsonHint               = "names and strings stand in double quotes, no comma follows the last element"
		base64Hint             = "the standard alphabet and that of URLs are both fine, with = at the end or without"
		trim                   = "it would be, without the blanks or line breaks around it"
	)
	for _, test := range []struct{ typ, value, rule, hint string }{
		{"string", "", "", ""},
		{"string", "any \xff\n", "", ""},

		{"int", "0", "", ""},
		{"int", "-9223372036854775808", "", ""},
		{"int", "9223372036854775808", intRule, intHint},
		{"int", "1.5", intRule, intHint},
		{"int", "0x10", intRule, intHint},
		{"int", "1_000", intRule, intHint},
		{"int", "", intRule, intHint},
		{"int", "42\n", intRule, trim},

		{"number", "-2.5e-3", "", ""},
		{"number", "0", "", ""},
		{"number", "1e999", numberRule, numberHint},
		{"number", "0x1p-2", numberRule, numberHint},
		{"number", "NaN", numberRule, numberHint},
		{"number", ".5", numberRule, numberHint},
		{"number", "+1", numberRule, numberHint},
		{"number", `"1"`, numberRule, numberHint},
		{"number", "", numberRule, numberHint},
		{"number", " 1", numberRule, trim},

		{"bool", "true", "", ""},
		{"bool", "0", "", ""},
		{"bool", "True", boolRule, boolHint},
		{"bool", "yes", boolRule, boolHint},

		{"url", "https://example.com", "", ""},
		{"url", "postgres://u:p%40@h:5432/db?sslmode=require#x", "", ""},
		{"url", "mongodb+srv://u:p@h1:27017,h2:27017/db", "", ""},
		{"url", "jdbc:mysql://h/db", "", ""},
		{"url", "sqlite:///tmp/größe.db", "", ""},
		{"url", "http://[::1]:80/", "", ""},
		{"url", "example.com", urlRule, urlHint},
		{"url", "https://", urlRule, urlHint},
		{"url", "//h/p", urlRule, urlHint},
		{"url", "http://h/a b", urlRule, urlHint},
		{"url", "http://u:p%zz@h", urlRule, urlHint},
		{"url", "http://u:p^@h", urlRule, urlHint},
		{"url", "mailto:a@b.c", urlRule, urlHint},
		{"url", "http://h\n", urlRule, trim},

		{"email", "a.b+c@example.com", "", ""},
		{"email", "ops@localhost", "", ""},
		{"email", "Ann <a@b.c>", emailRule, emailHint},
		{"email", "a@b.c, d@e.f", emailRule, emailHint},
		{"email", "a", emailRule, emailHint},
		{"email", "", emailRule, emailHint},

		{"port", "1", "", ""},
		{"port", "65535", "", ""},
		{"port", "0", portRule, portHint},
		{"port", "65536", portRule, portHint},
		{"port", "-1", portRule, portHint},
		{"port", "http", portRule, portHint},
		{"port", "80\r\n", portRule, trim},

		{"pem", key, "", ""},
		{"pem", "Bag Attributes\n" + key + "\n" + key, "", ""},
		{"pem", "secret", "a PEM block, which starts with -----BEGIN …", pemHint},
		{"pem", "", "a PEM block, which starts with -----BEGIN …", pemHint},
		{"pem", strings.ReplaceAll(key, "\n", `\n`), "a whole PEM block", pemHint},
		{"pem", key[:60], "a whole PEM block", pemHint},
		{"pem", key + key[:60], "whole PEM blocks: 1 of 2 are", pemHint},

		{"json", `{"a": [1, null]}`, "", ""},
		{"json", "17", "", ""},
		{"json", `{"a": 1,}`, "JSON, which it is not at byte 9", jsonHint},
		{"json", `{'a': 1}`, "JSON, which it is not at byte 2", jsonHint},
		{"json", "", "JSON, which it is not at byte 0", jsonHint},
		{"json", "1 2", "JSON, which it is not at byte 3", jsonHint},

		{"base64", "aGk=", "", ""},
		{"base64", "aGk", "", ""},
		{"base64", "-_8", "", ""},
		{"base64", "YWJj\nZGVm\r\n", "", ""},
		{"base64", "", "base64", base64Hint},
		{"base64", "a", "base64", base64Hint},
		{"base64", "aGk=aGk=", "base64", base64Hint},
		{"base64", "s3cr3t!", "base64", base64Hint},
	} {
		typ, ok := Builtin(test.typ)
		if !ok {
			t.Fatalf("no type %s", test.typ)
		}
		err := typ.Check("NAME", sources.NewSecret(test.value))
		if test.rule == "" {
			if err != nil {
				t.Errorf("%s %q: %v", test.typ, test.value, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s %q: no error", test.typ, test.value)
			continue
		}
		if want := "NAME does not match " + test.typ + ": " + test.rule; err.Error() != want {
			t.Errorf("%s %q:\n got %v\nwant %s", test.typ, test.value, err, want)
		}
		if got := sources.HintOf(err); got != test.hint {
			t.Errorf("%s %q: hint %q, want %q", test.typ, test.value, got, test.hint)
		}
		var m *MismatchError
		if !errors.As(err, &m) || m.Name != "NAME" || m.Type != test.typ || m.Pointer != "" || m.Rule != test.rule {
			t.Errorf("%s %q: %#v", test.typ, test.value, err)
		}
	}
}

func TestBuiltinNames(t *testing.T) {
	want := []string{"string", "int", "number", "bool", "url", "email", "port", "pem", "json", "base64"}
	if got := BuiltinNames(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if typ, ok := Builtin("postgres"); ok || typ != nil {
		t.Error("postgres is built in")
	}
}
