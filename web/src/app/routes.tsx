import { Compass } from "lucide-react";
import { createBrowserRouter, Link, useRouteError } from "react-router";
import { AccountPage } from "../features/accounts/account_page";
import { ForgotPage } from "../features/accounts/forgot_page";
import { OpenPage } from "../features/accounts/open_page";
import { RegisterPage } from "../features/accounts/register_page";
import { ResetPage } from "../features/accounts/reset_page";
import { SignInPage } from "../features/accounts/sign_in_page";
import { UsersPage } from "../features/accounts/users_page";
import { VerifyPage } from "../features/accounts/verify_page";
import { WelcomePage } from "../features/accounts/welcome_page";
import { CreatePage } from "../features/generation/create_page";
import { GenerationPage } from "../features/generation/generation_page";
import { BatchPage } from "../features/pipelines/batch_page";
import { BatchesPage } from "../features/pipelines/batches_page";
import { QueuePage } from "../features/queue/queue_page";
import { TodosPage } from "../features/todos/todos_page";
import { buttonClass } from "../ui/button";
import { Empty } from "../ui/empty";
import { ProblemNotice } from "../ui/problem_notice";
import { Doorway } from "./doorway";
import { Shell } from "./shell";

export const router = createBrowserRouter([
  {
    element: <Doorway />,
    errorElement: <Broken />,
    children: [
      { path: "/open", element: <OpenPage /> },
      { path: "/welcome", element: <WelcomePage /> },
      { path: "/sign-in", element: <SignInPage /> },
      { path: "/register", element: <RegisterPage /> },
      { path: "/forgot", element: <ForgotPage /> },
      { path: "/reset", element: <ResetPage /> },
      { path: "/verify", element: <VerifyPage /> },
    ],
  },
  {
    element: <Shell />,
    children: [
      {
        errorElement: <Broken />,
        children: [
          { path: "/", element: <CreatePage /> },
          { path: "/g/:id", element: <GenerationPage /> },
          { path: "/batches", element: <BatchesPage /> },
          { path: "/batches/:id", element: <BatchPage /> },
          { path: "/queue", element: <QueuePage /> },
          { path: "/todos", element: <TodosPage /> },
          { path: "/account", element: <AccountPage /> },
          { path: "/users", element: <UsersPage /> },
          { path: "*", element: <Unknown /> },
        ],
      },
    ],
  },
]);

function Broken() {
  return <ProblemNotice error={useRouteError()} onRetry={() => location.reload()} />;
}

function Unknown() {
  return (
    <Empty
      icon={Compass}
      title="There is nothing here"
      text="The address may be mistyped, or the page has moved."
    >
      <Link to="/" className={buttonClass("primary")}>
        Go to Create
      </Link>
    </Empty>
  );
}
