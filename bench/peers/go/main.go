// todo_go PORT: the todo API on fasthttp and pgx, for bench/compare todo, of Debian's golang packages; DATABASE_URL says where.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
	"github.com/valyala/fasthttp"
)

type Todo struct {
	ID          int64      `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Priority    int64      `json:"priority"`
	DueDate     *time.Time `json:"due_date"`
	Completed   bool       `json:"completed"`
	CreatedAt   time.Time  `json:"created_at"`
	Version     int64      `json:"version"`
}

type NewTodo struct {
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Priority    int64      `json:"priority"`
	DueDate     *time.Time `json:"due_date"`
	Completed   bool       `json:"completed"`
}

const (
	columns = "id, title, description, priority, due_date, completed, created_at, version"
	put     = "INSERT INTO todos (owner_id, title, description, priority, due_date, completed, created_at, version, " +
		"folded_title, folded_description) "
	putOne  = put + "VALUES (1, $1, $2, $3, $4, $5, $6, 1, $7, $8) RETURNING id"
	putMany = put + "SELECT 1, t, d, p, due, c, $6, 1, ft, fd FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], " +
		"$5::boolean[], $7::text[], $8::text[]) AS n (t, d, p, due, c, ft, fd) RETURNING id"
	find = "SELECT " + columns + " FROM todos WHERE owner_id = 1 AND id = $1"
)

var (
	db     *pgxpool.Pool
	always = context.Background()
	// How a bulk goes into its one statement: as a list of VALUES, or as one array for each column.
	unnested = os.Getenv("TODO_BULK") == "unnest"
)

// A list of VALUES of so many rows; pgx prepares each text once.
func putList(rows int) string {
	var text strings.Builder
	text.WriteString(put + "VALUES ")
	for i := 0; i < rows; i++ {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString("(1")
		for column := 1; column <= 6; column++ {
			text.WriteString(", $" + strconv.Itoa(i*8+column))
		}
		text.WriteString(", 1, $" + strconv.Itoa(i*8+7) + ", $" + strconv.Itoa(i*8+8) + ")")
	}
	return text.String() + " RETURNING id"
}

func (n *NewTodo) check() error {
	n.Title = strings.TrimSpace(n.Title)
	switch count := utf8.RuneCountInString(n.Title); {
	case count < 1 || count > 200:
		return errors.New("title must have 1 to 200 characters")
	case utf8.RuneCountInString(n.Description) > 10000:
		return errors.New("description must have at most 10000 characters")
	case n.Priority < 0 || n.Priority > 9:
		return errors.New("priority must be 0 to 9")
	}
	return nil
}

func (n *NewTodo) at(now time.Time) Todo {
	return Todo{
		Title: n.Title, Description: n.Description, Priority: n.Priority, DueDate: n.DueDate, Completed: n.Completed, CreatedAt: now, Version: 1,
	}
}

func micros(at *time.Time) *int64 {
	if at == nil {
		return nil
	}
	us := at.UnixMicro()
	return &us
}

func scan(row pgx.Row, t *Todo) error {
	var due *int64
	var created int64
	if err := row.Scan(&t.ID, &t.Title, &t.Description, &t.Priority, &due, &t.Completed, &created, &t.Version); err != nil {
		return err
	}
	t.CreatedAt = time.UnixMicro(created).UTC()
	if due != nil {
		at := time.UnixMicro(*due).UTC()
		t.DueDate = &at
	}
	return nil
}

func answer(ctx *fasthttp.RequestCtx, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/json")
	ctx.SetBody(body)
}

func refuse(ctx *fasthttp.RequestCtx, status int, err error) {
	answer(ctx, status, map[string]string{"detail": err.Error()})
}

func create(ctx *fasthttp.RequestCtx) {
	var given NewTodo
	if err := json.Unmarshal(ctx.PostBody(), &given); err != nil {
		refuse(ctx, 400, err)
		return
	}
	if err := given.check(); err != nil {
		refuse(ctx, 422, err)
		return
	}
	todo := given.at(time.Now().UTC().Truncate(time.Microsecond))
	err := db.QueryRow(always, putOne, todo.Title, todo.Description, todo.Priority, micros(todo.DueDate), todo.Completed,
		todo.CreatedAt.UnixMicro(), strings.ToLower(todo.Title), strings.ToLower(todo.Description)).Scan(&todo.ID)
	if err != nil {
		refuse(ctx, 503, err)
		return
	}
	answer(ctx, 201, &todo)
}

func createAll(ctx *fasthttp.RequestCtx) {
	var given []NewTodo
	if err := json.Unmarshal(ctx.PostBody(), &given); err != nil {
		refuse(ctx, 400, err)
		return
	}
	if len(given) < 1 || len(given) > 1000 {
		refuse(ctx, 422, errors.New("must be a list of 1 to 1000 todos"))
		return
	}
	now, count := time.Now().UTC().Truncate(time.Microsecond), len(given)
	todos, titles, texts, priorities := make([]Todo, count), make([]string, count), make([]string, count), make([]int64, count)
	dues, done, foldedTitles, foldedTexts := make([]*int64, count), make([]bool, count), make([]string, count), make([]string, count)
	for i := range given {
		if err := given[i].check(); err != nil {
			refuse(ctx, 422, err)
			return
		}
		t := given[i].at(now)
		todos[i], titles[i], texts[i], priorities[i], dues[i], done[i] = t, t.Title, t.Description, t.Priority, micros(t.DueDate), t.Completed
		foldedTitles[i], foldedTexts[i] = strings.ToLower(t.Title), strings.ToLower(t.Description)
	}
	var rows pgx.Rows
	var err error
	if unnested {
		rows, err = db.Query(always, putMany, titles, texts, priorities, dues, done, now.UnixMicro(), foldedTitles, foldedTexts)
	} else {
		values := make([]any, 0, count*8)
		for i := range todos {
			values = append(values, titles[i], texts[i], priorities[i], dues[i], done[i], now.UnixMicro(), foldedTitles[i], foldedTexts[i])
		}
		rows, err = db.Query(always, putList(count), values...)
	}
	for i := 0; err == nil && rows.Next(); i++ {
		err = rows.Scan(&todos[i].ID)
	}
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		refuse(ctx, 503, err)
		return
	}
	answer(ctx, 201, todos)
}

func read(ctx *fasthttp.RequestCtx, id string) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		refuse(ctx, 422, err)
		return
	}
	var todo Todo
	switch err := scan(db.QueryRow(always, find, number), &todo); {
	case errors.Is(err, pgx.ErrNoRows):
		refuse(ctx, 404, errors.New("no such todo"))
	case err != nil:
		refuse(ctx, 503, err)
	default:
		answer(ctx, 200, &todo)
	}
}

func list(ctx *fasthttp.RequestCtx) {
	asked := ctx.QueryArgs()
	where, values, limit := "owner_id = 1", []any{}, 50
	if asked.Has("completed") {
		values = append(values, asked.GetBool("completed"))
		where += " AND completed = $" + strconv.Itoa(len(values))
	}
	if asked.Has("priority") {
		priority, err := asked.GetUint("priority")
		if err != nil {
			refuse(ctx, 422, err)
			return
		}
		values = append(values, priority)
		where += " AND priority = $" + strconv.Itoa(len(values))
	}
	if asked.Has("limit") {
		var err error
		if limit, err = asked.GetUint("limit"); err != nil || limit < 1 || limit > 200 {
			refuse(ctx, 422, errors.New("limit must be 1 to 200"))
			return
		}
	}
	values = append(values, limit)
	order := " ORDER BY created_at DESC, id DESC LIMIT $" + strconv.Itoa(len(values))
	rows, err := db.Query(always, "SELECT "+columns+" FROM todos WHERE "+where+order, values...)
	if err != nil {
		refuse(ctx, 503, err)
		return
	}
	defer rows.Close()
	todos := make([]Todo, 0, limit)
	for rows.Next() {
		todos = append(todos, Todo{})
		if err := scan(rows, &todos[len(todos)-1]); err != nil {
			refuse(ctx, 503, err)
			return
		}
	}
	if err := rows.Err(); err != nil {
		refuse(ctx, 503, err)
		return
	}
	answer(ctx, 200, todos)
}

func handle(ctx *fasthttp.RequestCtx) {
	path, post := string(ctx.Path()), ctx.IsPost()
	switch {
	case path == "/api/todo" && post:
		create(ctx)
	case path == "/api/todo" && ctx.IsGet():
		list(ctx)
	case path == "/api/todo/bulk" && post:
		createAll(ctx)
	case strings.HasPrefix(path, "/api/todo/") && ctx.IsGet():
		read(ctx, path[len("/api/todo/"):])
	default:
		refuse(ctx, 404, errors.New("no such page"))
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	// Statements are prepared once per connection and found again by their text: pgx does so by itself.
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns = 20
	if db, err = pgxpool.ConnectConfig(always, config); err != nil {
		log.Fatal(err)
	}
	server := fasthttp.Server{Handler: handle, MaxRequestBodySize: 64 << 20}
	log.Fatal(server.ListenAndServe("127.0.0.1:" + os.Args[1]))
}
