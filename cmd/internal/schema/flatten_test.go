package schema

import (
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestFlatten(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        map[string]string
	}{
		// As RDS keeps it in Secrets Manager.
		{"Database", `{"username": "admin", "password": "p\"$\n", "engine": "postgres", "host": "db.example.com", "port": 5432,
			"dbname": "app", "dbInstanceIdentifier": "app-1"}`,
			map[string]string{"DATABASE_USERNAME": "admin", "DATABASE_PASSWORD": "p\"$\n", "DATABASE_ENGINE": "postgres",
				"DATABASE_HOST": "db.example.com", "DATABASE_PORT": "5432", "DATABASE_DBNAME": "app", "DATABASE_DB_INSTANCE_IDENTIFIER": "app-1"}},
		{"OrdersDb", `{"a": 1}`, map[string]string{"ORDERS_DB_A": "1"}},
		{"DB_2", `{"a": {"b": {"c-d": true}, "e": {}}}`, map[string]string{"DB_2_A_B_C_D": "true"}},
		{"X", `{"i": 007.0}`, nil},
		{"X", ` {"i": -1.50, "e": 1E400, "big": 12345678901234567890, "t": true, "f": false, "n": null, "s": ""} `,
			map[string]string{"X_I": "-1.50", "X_E": "1E400", "X_BIG": "12345678901234567890", "X_T": "true", "X_F": "false", "X_S": ""}},
		{"X", `{"list": [ 1, {"a b": "c d"}, null ], "none": []}`, map[string]string{"X_LIST": `[1,{"a b":"c d"},null]`, "X_NONE": "[]"}},
		{"X", `{"größe": 1, "userID": 2, "HTTPServer": 3, "s3Bucket": 4, "a.b/c~d": 5, "": 6}`,
			map[string]string{"X_GR__E": "1", "X_USER_ID": "2", "X_HTTPSERVER": "3", "X_S3_BUCKET": "4", "X_A_B_C_D": "5", "X_": "6"}},
		{"X", `{}`, map[string]string{}},
	} {
		got, err := Flatten(test.name, sources.NewSecret(test.value))
		if test.want == nil {
			if err == nil {
				t.Errorf("%s: no error", test.value)
			}
			continue
		}
		if err != nil || len(got) != len(test.want) {
			t.Errorf("%s: %d variables, %v", test.value, len(got), err)
		}
		for name, want := range test.want {
			if secret, ok := got[name]; !ok || secret.Reveal() != want {
				t.Errorf("%s: %s is %q, want %q", test.value, name, secret.Reveal(), want)
			}
		}
	}
}

func TestFlattenErrors(t *testing.T) {
	const noObject, objectHint = "DB cannot be flattened: it is no JSON object", `set it to an object, {"host": "…", "port": 5432}, or remove flatten`
	long := strings.Repeat("a", 100)
	for _, test := range []struct{ value, want, hint string }{
		{"hunter2", noObject, objectHint},
		{`"hunter2"`, noObject, objectHint},
		{`["hunter2"]`, noObject, objectHint},
		{`null`, noObject, objectHint},
		{``, noObject, objectHint},
		{`{"a": "hunter2",}`, noObject, objectHint},
		{`{"a": 1} hunter2`, noObject, objectHint},
		{`{"db-name": "hunter2", "dbName": "hunter2"}`, `DB cannot be flattened: "/db-name" and "/dbName" both become DB_DB_NAME`, "rename one of the two keys"},
		{`{"a": {"b": "hunter2"}, "a_b": 1}`, `DB cannot be flattened: "/a/b" and "/a_b" both become DB_A_B`, "rename one of the two keys"},
		{`{"a": "hunter2\u0000"}`, "DB cannot be flattened: DB_A holds a NUL at byte 8: no environment variable can", "encode it first, with base64 for example"},
		{`{"` + long + `": {"` + long + `": {"` + long + `": "hunter2"}}}`,
			"DB cannot be flattened: the name DB_AAAAAAAAAAAAAAAAAAAAAAAAAAAAA… has 305 characters: at most 256 are allowed", "shorten the keys, or remove flatten"},
		{strings.Repeat(`{"":`, 5000) + "1" + strings.Repeat("}", 5000), "DB cannot be flattened: the name DB______________________________… has 257 characters: at most 256 are allowed", "shorten the keys, or remove flatten"},
		{strings.Repeat(`{"":`, 20000), noObject, objectHint},
	} {
		got, err := Flatten("DB", sources.NewSecret(test.value))
		if err == nil || got != nil {
			t.Errorf("%.60s: no error", test.value)
			continue
		}
		if err.Error() != test.want || sources.HintOf(err) != test.hint {
			t.Errorf("%.60s:\n got %v (%s)\nwant %s (%s)", test.value, err, sources.HintOf(err), test.want, test.hint)
		}
	}
}
