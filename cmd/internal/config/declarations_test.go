package config

import (
	"testing"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func TestDeclarations(t *testing.T) {
	c, err := parse([]byte(`
secrets:
  StripeKey: {required: true, description: Stripe API key, env: STRIPE_KEY, on-change: "signal:HUP"}
  Database: {type: postgres, flatten: true}
  Bare:
types:
  postgres: {schema: schemas/postgres.json}
links:
  api: [StripeKey, Database]
  web: []
undeclared: warn
`))
	if err != nil {
		t.Fatal(err)
	}
	d, ok := c.Declaration("StripeKey")
	if !ok || !bool(d.Required) || d.Description.Value != "Stripe API key" || d.OnChange.Value != "signal:HUP" {
		t.Errorf("StripeKey: %+v, %v", d, ok)
	}
	if got := d.Variable("StripeKey"); got != "STRIPE_KEY" {
		t.Errorf("StripeKey becomes %s", got)
	}
	if d, ok := c.Declaration("Bare"); !ok || d.Variable("Bare") != "Bare" {
		t.Errorf("Bare: %+v, %v", d, ok)
	}
	if _, ok := c.Declaration("STRIPE_KEY"); ok {
		t.Error("STRIPE_KEY is the variable, not the secret")
	}
	if l, ok := c.Link("api"); !ok || len(l) != 2 || l[1].Value != "Database" {
		t.Errorf("api: %v, %v", l, ok)
	}
	if l, ok := c.Link("web"); !ok || len(l) != 0 {
		t.Errorf("web: %v, %v", l, ok)
	}
	if _, ok := c.Link("nope"); ok {
		t.Error("there is no link nope")
	}
}

func TestForm(t *testing.T) {
	c, err := parse([]byte(`secrets: {A: {}, B: {as: env}, C: {as: file, path: c.pem, on-change: "signal:HUP"}, D: {as: fd, on-change: ignore}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]inject.Form{"A": inject.AsVariable, "B": inject.AsVariable, "C": inject.AsFile, "D": inject.AsDescriptor} {
		if d, _ := c.Declaration(name); d.Form() != want {
			t.Errorf("%s is delivered as %q", name, d.Form())
		}
	}
}

func TestMask(t *testing.T) {
	c, err := parse([]byte(`secrets: {A: {}, B: {mask: true}, C: {mask: false}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, off := range map[string]bool{"A": false, "B": false, "C": true} {
		if d, _ := c.Declaration(name); d.Mask.Off != off {
			t.Errorf("%s: %v", name, d.Mask)
		}
	}
}

func TestDeclarationErrors(t *testing.T) {
	for text, want := range map[string]string{
		"secrets: {A: {requird: true}}":                                   `aside.yaml:1:15: unknown key "requird": did you mean "required"?`,
		"secrets: {A: {required: yes please}}":                            "aside.yaml:1:25: secrets.A.required must be true or false, not a string",
		"secrets: {A: {default: x}}":                                      `aside.yaml:1:15: unknown key "default" in secrets.A: known are required, description, env, type, flatten, on-change, as, path, mask`,
		"secrets: {A B: {}}":                                              `aside.yaml:1:11: "A B" is no name of a variable`,
		"secrets: {A: {env: B}, B: {}}":                                   "aside.yaml:1:24: A and B both become the variable B",
		"secrets: {A: {type: prot}}":                                      `aside.yaml:1:21: there is no type "prot"`,
		`secrets: {A: {on-change: sometimes}}`:                            `aside.yaml:1:26: "sometimes" is no reaction to a change`,
		`secrets: {A: {on-change: "signal:NOPE"}}`:                        `aside.yaml:1:26: "NOPE" is no signal`,
		"secrets: {A: {mask: never}}":                                     "aside.yaml:1:21: secrets.A.mask must be true or false, not a string",
		"secrets: {A: {as: tmpfs}}":                                       `aside.yaml:1:19: "tmpfs" is no way to deliver a variable`,
		"secrets: {A: {path: k.pem}}":                                     "aside.yaml:1:21: a path is for a secret that is delivered as a file",
		"secrets: {A: {as: fd, path: k.pem}}":                             "aside.yaml:1:29: a path is for a secret that is delivered as a file",
		`secrets: {A: {as: file, path: ""}}`:                              "aside.yaml:1:31: the path is empty",
		`secrets: {A: {as: fd, on-change: "signal:HUP"}}`:                 "aside.yaml:1:34: a descriptor cannot change while the command runs, so a signal would tell it nothing",
		"secrets: {A: {as: file, path: x/k}, B: {as: file, path: ./x/k}}": "aside.yaml:1:57: A and B would have the same file",
		"types: {t: {}}":                                                  `aside.yaml:1:9: the type "t" has no schema`,
		"links: {api: StripeKey}":                                         "aside.yaml:1:14: links.api must be a list, not a string",
		"links: {api: [1]}":                                               "aside.yaml:1:15: links.api[0] must be a string, not a number",
		"links: {api: [A B]}":                                             `aside.yaml:1:15: "A B" is no name of a variable`,
		"undeclared: maybe":                                               `aside.yaml:1:13: undeclared cannot be "maybe"`,
	} {
		_, err := parse([]byte(text))
		if err == nil {
			t.Errorf("%s: no error", text)
		} else if err.Error() != want {
			t.Errorf("%s:\n got %s\nwant %s", text, err, want)
		}
	}
	_, err := parse([]byte("undeclared: maybe"))
	if got := sources.HintOf(err); got != "it is ignore, warn or error" {
		t.Errorf("hint %q", got)
	}
}
