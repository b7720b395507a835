wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"id":"0190163d-8694-739b-aea5-966c26f8ad91","customer":"a customer of ours","note":"please ring twice and wait","quantity":3,"price":19.95,"express":true,"tags":["first","second","third of them"]}'
