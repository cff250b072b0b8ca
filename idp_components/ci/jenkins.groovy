// Made by `idp emit ci --for jenkins`; emit it again rather than change it.
// Needs: the plugins Docker Pipeline and OpenID Connect Provider; the id tokens as files `idp-preview` and `idp-deploy`, whose audience
// is sts.amazonaws.com, and which the two roles trust; the secret text `idp-comments` with the token of the repository's host; a
// multibranch project. Jenkins tells nobody that a pull request was closed: run the main branch with ACTION=close, or let hours end it.
pipeline {
  agent {
    docker {
      image '@@image@@'
    }
  }
  options {
    disableConcurrentBuilds()
    timeout(time: 1, unit: 'HOURS')
  }
  triggers {
    cron(env.BRANCH_NAME == '@@main_branch@@' ? '@@reap_cron@@' : '')
  }
  parameters {
    choice(name: 'ACTION', choices: ['open', 'close'], description: 'close: remove the environment of PULL_REQUEST')
    string(name: 'PULL_REQUEST', defaultValue: '', description: 'Number of the pull request to close the environment of')
  }
  environment {
    AWS_REGION = '@@region@@'
    PULUMI_BACKEND_URL = '@@backend@@'
    KUBECONFIG = "${env.WORKSPACE_TMP}/kubeconfig"
    IDP_STACK = "@@team@@-pr-${env.CHANGE_ID ?: params.PULL_REQUEST}"
  }
  stages {
    stage('Judge by the rules') {
      when { changeRequest() }
      steps {
        sh 'idp check @@team@@-@@host@@'
      }
    }
    stage('Say what would change') {
      when { allOf { changeRequest(); expression { !env.CHANGE_FORK } } }
      environment {
        AWS_ROLE_ARN = '@@preview_role@@'
      }
      steps {
        withCredentials([file(credentialsId: 'idp-preview', variable: 'AWS_WEB_IDENTITY_TOKEN_FILE')]) {
          sh 'aws eks update-kubeconfig --name @@cluster@@'
          sh 'pulumi preview --stack @@team@@-@@host@@ --non-interactive --policy-pack policies/security'
        }
      }
    }
    stage('Open or update the environment') {
      when { allOf { changeRequest(); expression { !env.CHANGE_FORK } } }
      environment {
        AWS_ROLE_ARN = '@@deploy_role@@'
      }
      steps {
        withCredentials([file(credentialsId: 'idp-deploy', variable: 'AWS_WEB_IDENTITY_TOKEN_FILE')]) {
          sh 'aws eks update-kubeconfig --name @@cluster@@'
          sh 'idp cost "$IDP_STACK" --check'
          sh 'idp env create "$IDP_STACK" --owner "$CHANGE_AUTHOR" --source-url "$CHANGE_URL"'
          sh 'idp env comment "$IDP_STACK" --dry-run --json > facts.json'
        }
      }
    }
    stage('Tell the pull request') {
      when { allOf { changeRequest(); expression { !env.CHANGE_FORK } } }
      steps {
        withCredentials([string(credentialsId: 'idp-comments', variable: '@@token_variable@@')]) {
          sh 'idp env comment "$IDP_STACK" --facts facts.json --for @@host_of_code@@ --pull-request "$CHANGE_ID"'
        }
      }
    }
    stage('Remove the environment') {
      when { allOf { branch '@@main_branch@@'; expression { params.ACTION == 'close' && params.PULL_REQUEST ==~ /[0-9]{1,10}/ } } }
      environment {
        AWS_ROLE_ARN = '@@deploy_role@@'
      }
      steps {
        withCredentials([
          file(credentialsId: 'idp-deploy', variable: 'AWS_WEB_IDENTITY_TOKEN_FILE'),
          string(credentialsId: 'idp-comments', variable: '@@token_variable@@'),
        ]) {
          sh 'aws eks update-kubeconfig --name @@cluster@@'
          sh 'idp env destroy "$IDP_STACK" --yes'
          sh 'idp env comment "$IDP_STACK" --gone --for @@host_of_code@@ --pull-request "$PULL_REQUEST"'
        }
      }
    }
    stage('Remove what is over') {
      when { allOf { branch '@@main_branch@@'; triggeredBy 'TimerTrigger' } }
      environment {
        AWS_ROLE_ARN = '@@deploy_role@@'
      }
      steps {
        withCredentials([file(credentialsId: 'idp-deploy', variable: 'AWS_WEB_IDENTITY_TOKEN_FILE')]) {
          sh 'aws eks update-kubeconfig --name @@cluster@@'
          sh 'idp env reap --yes'
        }
      }
    }
  }
}
