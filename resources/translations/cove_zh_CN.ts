<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en_US">
<context>
    <name>ActivityPage</name>
    <message>
        <source>Activity</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation>清除已结束的</translation>
    </message>
</context>
<context>
    <name>BuildDialog</name>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Choose it, or drop it here</source>
        <translation>选择文件夹，或将其拖放到此处</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Dockerfile</source>
        <translation>Dockerfile</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Build arguments</source>
        <translation>构建参数</translation>
    </message>
    <message>
        <source>NAME=value, a line each</source>
        <translation>NAME=value，每行一个</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The folder to build</source>
        <translation>要构建的文件夹</translation>
    </message>
    <message>
        <source>There is no such folder.</source>
        <translation>没有这个文件夹。</translation>
    </message>
    <message>
        <source>The folder has no %1.</source>
        <translation>文件夹中没有 %1。</translation>
    </message>
    <message>
        <source>“%1” is not NAME=value.</source>
        <translation>“%1”不是 NAME=value 的形式。</translation>
    </message>
</context>
<context>
    <name>CloseDialog</name>
    <message>
        <source>Cove stays in the tray, where you can open or quit it.</source>
        <translation>Cove 会留在系统托盘中，可从那里打开或退出。</translation>
    </message>
    <message>
        <source>Start Cove again at any time to see it.</source>
        <translation>随时再次启动 Cove 即可查看。</translation>
    </message>
    <message>
        <source>%1 keeps running</source>
        <translation>%1 会继续运行</translation>
    </message>
    <message>
        <source>Closing the window does not stop the cluster: it goes on working and answers as before. %1 You are told this once.</source>
        <translation>关闭窗口不会停止集群：它会照常工作并响应请求。%1此提示只出现一次。</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Stop the cluster first</source>
        <translation>先停止集群</translation>
    </message>
    <message>
        <source>Keep it running</source>
        <translation>保持运行</translation>
    </message>
    <message>
        <source>Cove is still at work</source>
        <translation>Cove 仍在工作</translation>
    </message>
    <message>
        <source>%1 Quitting now interrupts it. Nothing breaks: the next start goes on from where it stopped.</source>
        <translation>%1现在退出会中断它，但不会造成损坏：下次启动会从中断处继续。</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Interrupt and quit</source>
        <translation>中断并退出</translation>
    </message>
</context>
<context>
    <name>ConsolePage</name>
    <message>
        <source>“%1” is not in the log.</source>
        <translation>日志中没有“%1”。</translation>
    </message>
    <message>
        <source>Console log</source>
        <translation>控制台日志</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Previous hit</source>
        <translation>上一处</translation>
    </message>
    <message>
        <source>Next hit</source>
        <translation>下一处</translation>
    </message>
    <message>
        <source>Follow the end of the log</source>
        <translation>跟随日志末尾</translation>
    </message>
    <message>
        <source>Save the log…</source>
        <translation>保存日志…</translation>
    </message>
    <message>
        <source>The virtual machine has not written anything yet.
What its kernel and its first process say shows here, live.</source>
        <translation>虚拟机尚未输出任何内容。
其内核与首个进程的输出会实时显示在这里。</translation>
    </message>
    <message>
        <source>There is no cluster yet.
The console of its virtual machine will show here, live.</source>
        <translation>还没有集群。
其虚拟机的控制台会实时显示在这里。</translation>
    </message>
    <message>
        <source>the log was started anew</source>
        <translation>日志已重新开始</translation>
    </message>
    <message>
        <source>older lines are left out</source>
        <translation>较早的行已省略</translation>
    </message>
    <message>
        <source>Save the console log</source>
        <translation>保存控制台日志</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>已保存到 %1。</translation>
    </message>
    <message>
        <source>Could not save to %1: %2.</source>
        <translation>无法保存到 %1：%2。</translation>
    </message>
</context>
<context>
    <name>ContainersPage</name>
    <message>
        <source>%1 could not be started</source>
        <translation>%1 无法启动</translation>
    </message>
    <message>
        <source>%1 could not be stopped</source>
        <translation>%1 无法停止</translation>
    </message>
    <message>
        <source>%1 could not be restarted</source>
        <translation>%1 无法重启</translation>
    </message>
    <message>
        <source>%1 could not be killed</source>
        <translation>%1 无法强制结束</translation>
    </message>
    <message>
        <source>Remove the container %1?</source>
        <translation>移除容器 %1？</translation>
    </message>
    <message>
        <source>It runs and is ended first. What it wrote outside of its volumes is lost, and so is its log. The image stays.</source>
        <translation>它正在运行，会先被结束。它在卷之外写入的内容及其日志都会丢失，镜像会保留。</translation>
    </message>
    <message>
        <source>What it wrote outside of its volumes is lost, and so is its log. The image stays.</source>
        <translation>它在卷之外写入的内容及其日志都会丢失，镜像会保留。</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>%1 could not be removed</source>
        <translation>无法移除 %1</translation>
    </message>
    <message>
        <source>the container has ended</source>
        <translation>容器已结束</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Measuring…</source>
        <translation>正在测量…</translation>
    </message>
    <message>
        <source>It does not run.</source>
        <translation>未在运行。</translation>
    </message>
    <message>
        <source>%1 % of one processor</source>
        <translation>单个处理器的 %1%</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>Processes</source>
        <translation>进程</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>%1 received, %2 sent</source>
        <translation>已接收 %1，已发送 %2</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>%1 read, %2 written</source>
        <translation>已读取 %1，已写入 %2</translation>
    </message>
    <message>
        <source>Containers</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Containers that docker and docker compose start in this cluster&apos;s engine show here: “docker run -d -p 8080:80 nginx” makes one. The containers of pods are on the Pods page.</source>
        <translation>docker 和 docker compose 在此集群引擎中启动的容器显示在这里，例如用“docker run -d -p 8080:80 nginx”即可创建一个。Pod 的容器在 Pod 页面。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建时间</translation>
    </message>
    <message>
        <source>Unhealthy</source>
        <translation>不健康</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Restarting</source>
        <translation>正在重启</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Not started yet</source>
        <translation>尚未启动</translation>
    </message>
    <message>
        <source>Exited with code %1</source>
        <translation>已退出，退出码 %1</translation>
    </message>
    <message>
        <source>Engine&apos;s words</source>
        <translation>引擎的描述</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Pods&apos; containers are on the Pods page</source>
        <translation>Pod 的容器在 Pod 页面</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Asks it to end, and ends it after 10 s.</source>
        <translation>请求其结束，10 秒后强制结束。</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <source>Kill</source>
        <translation>强制结束</translation>
    </message>
    <message>
        <source>Ends it at once.</source>
        <translation>立即结束。</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>统计</translation>
    </message>
</context>
<context>
    <name>DeleteDialog</name>
    <message>
        <source>Delete the cluster %1?</source>
        <translation>删除集群 %1？</translation>
    </message>
    <message>
        <source>This cannot be undone. What is lost:</source>
        <translation>此操作无法撤销。将会失去：</translation>
    </message>
    <message>
        <source>Everything in the cluster: workloads, images, volumes and their data</source>
        <translation>集群中的一切：工作负载、镜像、卷及其数据</translation>
    </message>
    <message>
        <source>Its disk of up to %1</source>
        <translation>它的磁盘（最多 %1）</translation>
    </message>
    <message>
        <source>Its certificates</source>
        <translation>它的证书</translation>
    </message>
    <message>
        <source>Its certificates and the kubeconfig entry %1</source>
        <translation>它的证书和 kubeconfig 条目 %1</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>删除 %1</translation>
    </message>
</context>
<context>
    <name>DeploymentsPage</name>
    <message>
        <source>Revision %1 could not be restored</source>
        <translation>无法恢复到版本 %1</translation>
    </message>
    <message>
        <source>Replicas</source>
        <translation>副本数</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>伸缩</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <source>Replaces every pod, a few at a time, with the same template.</source>
        <translation>用相同的模板逐批替换所有 Pod。</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>It could not be scaled</source>
        <translation>伸缩失败</translation>
    </message>
    <message>
        <source>It could not be restarted</source>
        <translation>重启失败</translation>
    </message>
    <message>
        <source>Failing</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Scaled to 0</source>
        <translation>已缩容为 0</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>Rolling out</source>
        <translation>正在发布</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>%1 wanted, %2 ready, %3 updated, %4 available</source>
        <translation>期望 %1，就绪 %2，已更新 %3，可用 %4</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Change cause</source>
        <translation>变更原因</translation>
    </message>
    <message>
        <source>Strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Deployments</source>
        <translation>Deployment</translation>
    </message>
    <message>
        <source>A Deployment keeps a number of equal pods running and rolls new versions of them out, a few at a time. “kubectl create deployment” makes one.</source>
        <translation>Deployment 让若干相同的 Pod 保持运行，并逐批发布新版本。可用“kubectl create deployment”创建。</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>已更新</translation>
    </message>
</context>
<context>
    <name>EngineTasks</name>
    <message>
        <source>from the cache</source>
        <translation>来自缓存</translation>
    </message>
    <message>
        <source>step %1, %2 from the cache</source>
        <translation>步骤 %1，%2 个来自缓存</translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>步骤 %1</translation>
    </message>
    <message>
        <source>Build %1</source>
        <translation>构建 %1</translation>
    </message>
    <message>
        <source>Building %1…</source>
        <translation>正在构建 %1…</translation>
    </message>
    <message>
        <source>%1 is built</source>
        <translation>%1 已构建</translation>
    </message>
    <message>
        <source>%1 could not be built</source>
        <translation>%1 构建失败</translation>
    </message>
    <message>
        <source>Pull %1</source>
        <translation>拉取 %1</translation>
    </message>
    <message>
        <source>Pulling %1…</source>
        <translation>正在拉取 %1…</translation>
    </message>
    <message>
        <source>%1 is here</source>
        <translation>%1 已拉取</translation>
    </message>
    <message>
        <source>%1 could not be pulled</source>
        <translation>%1 拉取失败</translation>
    </message>
    <message>
        <source>Push %1</source>
        <translation>推送 %1</translation>
    </message>
    <message>
        <source>Pushing %1…</source>
        <translation>正在推送 %1…</translation>
    </message>
    <message>
        <source>%1 is pushed</source>
        <translation>%1 已推送</translation>
    </message>
    <message>
        <source>%1 could not be pushed</source>
        <translation>%1 推送失败</translation>
    </message>
    <message>
        <source>Load %1</source>
        <translation>载入 %1</translation>
    </message>
    <message>
        <source>Loading %1…</source>
        <translation>正在载入 %1…</translation>
    </message>
    <message>
        <source>%1 is loaded</source>
        <translation>%1 已载入</translation>
    </message>
    <message>
        <source>%1 could not be loaded</source>
        <translation>%1 载入失败</translation>
    </message>
    <message>
        <source>Save %1</source>
        <translation>保存 %1</translation>
    </message>
    <message>
        <source>Saving %1…</source>
        <translation>正在保存 %1…</translation>
    </message>
    <message>
        <source>%1 is saved</source>
        <translation>%1 已保存</translation>
    </message>
    <message>
        <source>%1 could not be saved</source>
        <translation>%1 保存失败</translation>
    </message>
    <message>
        <source>Remove unused images</source>
        <translation>移除未使用的镜像</translation>
    </message>
    <message>
        <source>Removing unused images…</source>
        <translation>正在移除未使用的镜像…</translation>
    </message>
    <message>
        <source>Unused images are removed</source>
        <translation>未使用的镜像已移除</translation>
    </message>
    <message>
        <source>Unused images could not be removed</source>
        <translation>未能移除未使用的镜像</translation>
    </message>
</context>
<context>
    <name>EventsPage</name>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>About</source>
        <translation>对象</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Seen</source>
        <translation>出现</translation>
    </message>
    <message>
        <source>%1 ago</source>
        <translation>%1前</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>From</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>Events tell what the cluster did and why: pods scheduled, images pulled, probes failed. They are kept for an hour.</source>
        <translation>事件说明集群做了什么以及为什么：调度 Pod、拉取镜像、探测失败等。事件保留一小时。</translation>
    </message>
</context>
<context>
    <name>ImagesPage</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Build an image</source>
        <translation>构建镜像</translation>
    </message>
    <message>
        <source>From a folder with a Dockerfile. Pods of this cluster can use the image at once.</source>
        <translation>由含有 Dockerfile 的文件夹构建，此集群的 Pod 可立即使用该镜像。</translation>
    </message>
    <message>
        <source>Build</source>
        <translation>构建</translation>
    </message>
    <message>
        <source>Pull an image</source>
        <translation>拉取镜像</translation>
    </message>
    <message>
        <source>From its registry, with what “docker login” stored for it. Without a registry in its name it comes from Docker Hub.</source>
        <translation>从其镜像仓库拉取，使用“docker login”保存的凭据。名称中没有仓库地址时来自 Docker Hub。</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Pull</source>
        <translation>拉取</translation>
    </message>
    <message>
        <source>The archive to load</source>
        <translation>要载入的归档</translation>
    </message>
    <message>
        <source>Save the image as</source>
        <translation>镜像另存为</translation>
    </message>
    <message>
        <source>Give it another name</source>
        <translation>添加另一个名称</translation>
    </message>
    <message>
        <source>The image keeps the names it has. A registry in the name is where it can be pushed.</source>
        <translation>镜像保留已有的名称。名称中的仓库地址即可推送的位置。</translation>
    </message>
    <message>
        <source>New name</source>
        <translation>新名称</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>It could not be tagged %1</source>
        <translation>无法添加标签 %1</translation>
    </message>
    <message>
        <source>Push the image</source>
        <translation>推送镜像</translation>
    </message>
    <message>
        <source>To the registry in its name, with what “docker login” stored for it. Under another name it is tagged first.</source>
        <translation>推送到其名称中的镜像仓库，使用“docker login”保存的凭据。若改用其他名称，会先添加该标签。</translation>
    </message>
    <message>
        <source>Push</source>
        <translation>推送</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>An image is a program with all its files. Build one from a folder with a Dockerfile, or pull one: pods and containers are made of them.</source>
        <translation>镜像是一个程序及其所有文件。可由含有 Dockerfile 的文件夹构建，或从仓库拉取；Pod 和容器都由镜像创建。</translation>
    </message>
    <message>
        <source>Repository</source>
        <translation>仓库</translation>
    </message>
    <message>
        <source>Used by</source>
        <translation>使用者</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建时间</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>(no name)</source>
        <translation>（无名称）</translation>
    </message>
    <message>
        <source>Names</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>Containers</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Its history could not be read</source>
        <translation>无法读取其历史</translation>
    </message>
    <message>
        <source>%1 is in use</source>
        <translation>%1 正在使用中</translation>
    </message>
    <message>
        <source>By %1.</source>
        <translation>使用者：%1。</translation>
    </message>
    <message>
        <source>Remove those first, or give them another image.</source>
        <translation>请先移除它们，或为它们换用其他镜像。</translation>
    </message>
    <message>
        <source>%1 could not be removed</source>
        <translation>无法移除 %1</translation>
    </message>
    <message>
        <source>Build…</source>
        <translation>构建…</translation>
    </message>
    <message>
        <source>From a folder with a Dockerfile. A folder can also be dropped here.</source>
        <translation>由含有 Dockerfile 的文件夹构建，也可将文件夹拖放到此处。</translation>
    </message>
    <message>
        <source>Pull…</source>
        <translation>拉取…</translation>
    </message>
    <message>
        <source>Fetches an image from a registry.</source>
        <translation>从镜像仓库获取镜像。</translation>
    </message>
    <message>
        <source>Load…</source>
        <translation>载入…</translation>
    </message>
    <message>
        <source>Reads images from an archive, as “docker save” writes it.</source>
        <translation>从“docker save”写出的归档中读取镜像。</translation>
    </message>
    <message>
        <source>Prune…</source>
        <translation>清理…</translation>
    </message>
    <message>
        <source>Removes images that nothing uses. Shows first what that frees.</source>
        <translation>移除没有被使用的镜像，并先显示可释放的空间。</translation>
    </message>
    <message>
        <source>Tag…</source>
        <translation>添加标签…</translation>
    </message>
    <message>
        <source>Gives the image another name.</source>
        <translation>为镜像添加另一个名称。</translation>
    </message>
    <message>
        <source>Push…</source>
        <translation>推送…</translation>
    </message>
    <message>
        <source>Sends the image to a registry.</source>
        <translation>将镜像发送到镜像仓库。</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>Writes the image to an archive.</source>
        <translation>将镜像写入归档。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Takes the name away, and the image with its last name.</source>
        <translation>移除此名称；移除最后一个名称时镜像也会移除。</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>1 pod</source>
        <translation>1 个 Pod</translation>
    </message>
    <message>
        <source>%1 pods</source>
        <translation>%1 个 Pod</translation>
    </message>
    <message>
        <source>1 container</source>
        <translation>1 个容器</translation>
    </message>
    <message>
        <source>%1 containers</source>
        <translation>%1 个容器</translation>
    </message>
</context>
<context>
    <name>ObjectColumns</name>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 小时</translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation>%1 天</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
</context>
<context>
    <name>OverviewPage</name>
    <message>
        <source>Uptime</source>
        <translation>运行时间</translation>
    </message>
    <message>
        <source>Kubernetes API</source>
        <translation>Kubernetes API</translation>
    </message>
    <message>
        <source>kubectl</source>
        <translation>kubectl</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Virtual machine</source>
        <translation>虚拟机</translation>
    </message>
    <message>
        <source>Console log</source>
        <translation>控制台日志</translation>
    </message>
    <message>
        <source>Another program is at work on this cluster</source>
        <translation>另一个程序正在操作此集群</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Does not answer yet</source>
        <translation>尚无响应</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Endpoint</source>
        <translation>端点</translation>
    </message>
    <message>
        <source>known after the first start</source>
        <translation>首次启动后可知</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Kubeconfig</source>
        <translation>Kubeconfig</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message>
        <source>The kubeconfig entry is missing or another context is current. “cove update-context” writes it again.</source>
        <translation>kubeconfig 条目缺失，或当前上下文是另一个。运行“cove update-context”可重新写入。</translation>
    </message>
    <message>
        <source>Not ready yet</source>
        <translation>尚未就绪</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Kubernetes</source>
        <translation>Kubernetes</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>up to %1</source>
        <translation>最多 %1</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Hardware virtualization (KVM)</source>
        <translation>硬件虚拟化 (KVM)</translation>
    </message>
    <message>
        <source>Software emulation</source>
        <translation>软件模拟</translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>Console log</source>
        <translation>控制台日志</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>Deployments</source>
        <translation>Deployment</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>Services</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Containers</source>
        <translation>容器</translation>
    </message>
</context>
<context>
    <name>PodStates</name>
    <message>
        <source>The image cannot be pulled. Check its name and tag, and that the registry can be reached and lets you in; or build it here.</source>
        <translation>无法拉取镜像。请检查镜像名称和标签，以及镜像仓库是否可达且允许访问；也可以在此构建。</translation>
    </message>
    <message>
        <source>The image&apos;s name is not a valid one. Correct it in the pod&apos;s template.</source>
        <translation>镜像名称无效。请在 Pod 模板中更正。</translation>
    </message>
    <message>
        <source>The image is not on the node and its pull policy forbids pulling it. Build or load it.</source>
        <translation>节点上没有该镜像，且拉取策略禁止拉取。请构建或载入该镜像。</translation>
    </message>
    <message>
        <source>The container ends again and again; it is started anew after a growing pause. Its log and its last exit code say why.</source>
        <translation>容器反复退出，每次重新启动前的等待会越来越长。其日志和上次退出码说明了原因。</translation>
    </message>
    <message>
        <source>The container used more memory than its limit and was ended. Raise the limit or make it use less.</source>
        <translation>容器使用的内存超过限制而被终止。请提高限制或减少内存使用。</translation>
    </message>
    <message>
        <source>The container refers to a ConfigMap, Secret or key that is not there. Create it or correct the reference.</source>
        <translation>容器引用的 ConfigMap、Secret 或键不存在。请创建它或更正引用。</translation>
    </message>
    <message>
        <source>The node ran short of memory or disk and put the pod out. Give the node more, or ask for less.</source>
        <translation>节点内存或磁盘不足，驱逐了该 Pod。请给节点更多资源，或减少请求。</translation>
    </message>
    <message>
        <source>The container ended with an error. Its log says why.</source>
        <translation>容器因错误退出。其日志说明了原因。</translation>
    </message>
    <message>
        <source>%1 ended with exit code %2</source>
        <translation>%1 以退出码 %2 结束</translation>
    </message>
</context>
<context>
    <name>PodsPage</name>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Ends the pod. What owns it, like a Deployment, starts another.</source>
        <translation>结束该 Pod。其所有者（如 Deployment）会启动另一个。</translation>
    </message>
    <message>
        <source>The pod %1 could not be deleted</source>
        <translation>无法删除 Pod %1</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>处理办法</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation>重启次数</translation>
    </message>
    <message>
        <source>IP</source>
        <translation>IP</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Owner</source>
        <translation>所有者</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Service account</source>
        <translation>服务账号</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>A pod is one or more containers that run together on the node and share an address. Deployments make them; so does “kubectl run”.</source>
        <translation>Pod 是在节点上一起运行并共享一个地址的一个或多个容器。Deployment 会创建 Pod，“kubectl run”也可以。</translation>
    </message>
</context>
<context>
    <name>PruneDialog</name>
    <message>
        <source>Remove unused images?</source>
        <translation>移除未使用的镜像？</translation>
    </message>
    <message>
        <source>Images that a pod or a container uses stay.</source>
        <translation>被 Pod 或容器使用的镜像会保留。</translation>
    </message>
    <message>
        <source>Only those without a name</source>
        <translation>仅没有名称的镜像</translation>
    </message>
    <message>
        <source>All that nothing uses</source>
        <translation>所有未被使用的镜像</translation>
    </message>
    <message>
        <source>What is removed</source>
        <translation>将移除的内容</translation>
    </message>
    <message>
        <source>Measuring…</source>
        <translation>正在测量…</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>There is nothing to remove.</source>
        <translation>没有可移除的镜像。</translation>
    </message>
    <message>
        <source>1 image; this frees at least %1.</source>
        <translation>1 个镜像，至少可释放 %1。</translation>
    </message>
    <message>
        <source>%1 images; this frees at least %2.</source>
        <translation>%1 个镜像，至少可释放 %2。</translation>
    </message>
</context>
<context>
    <name>ReleaseTasks</name>
    <message>
        <source>%1 of %2 updated, %3 available</source>
        <translation>已更新 %1/%2，可用 %3</translation>
    </message>
    <message>
        <source>See its pods for the reason, or undo it in its history.</source>
        <translation>可在其 Pod 中查看原因，或在历史中回退。</translation>
    </message>
    <message>
        <source>its rollout is paused</source>
        <translation>其发布已暂停</translation>
    </message>
    <message>
        <source>Roll out %2 to %1</source>
        <translation>将 %2 发布到 %1</translation>
    </message>
    <message>
        <source>Rolling out %2 to %1…</source>
        <translation>正在将 %2 发布到 %1…</translation>
    </message>
    <message>
        <source>%1 runs %2</source>
        <translation>%1 已运行 %2</translation>
    </message>
    <message>
        <source>%2 could not be rolled out to %1</source>
        <translation>%2 未能发布到 %1</translation>
    </message>
</context>
<context>
    <name>ServicesPage</name>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Opens the address in the browser</source>
        <translation>在浏览器中打开该地址</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>No pod has the labels that its selector asks for.</source>
        <translation>没有 Pod 具有其选择器要求的标签。</translation>
    </message>
    <message>
        <source>None of its pods is ready.</source>
        <translation>它的 Pod 都未就绪。</translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation>端点</translation>
    </message>
    <message>
        <source>%1 ready</source>
        <translation>%1 就绪</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Cluster IP</source>
        <translation>集群 IP</translation>
    </message>
    <message>
        <source>External name</source>
        <translation>外部名称</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Selector</source>
        <translation>选择器</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Services</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>A Service is one lasting address for the pods that have its labels. One of type NodePort or LoadBalancer opens in the browser from here.</source>
        <translation>服务为具有其标签的 Pod 提供一个固定地址。NodePort 或 LoadBalancer 类型的服务可从这里在浏览器中打开。</translation>
    </message>
</context>
<context>
    <name>Steps</name>
    <message>
        <source>Check this computer</source>
        <translation>检查这台计算机</translation>
    </message>
    <message>
        <source>Create keys and certificates</source>
        <translation>创建密钥和证书</translation>
    </message>
    <message>
        <source>Create the disk</source>
        <translation>创建磁盘</translation>
    </message>
    <message>
        <source>Define the virtual machine</source>
        <translation>定义虚拟机</translation>
    </message>
    <message>
        <source>Boot the virtual machine</source>
        <translation>启动虚拟机</translation>
    </message>
    <message>
        <source>Configure the node</source>
        <translation>配置节点</translation>
    </message>
    <message>
        <source>Open the ports</source>
        <translation>开放端口</translation>
    </message>
    <message>
        <source>Wait for the Kubernetes API</source>
        <translation>等待 Kubernetes API</translation>
    </message>
    <message>
        <source>Wait for the node to be ready</source>
        <translation>等待节点就绪</translation>
    </message>
    <message>
        <source>Write the kubeconfig entry</source>
        <translation>写入 kubeconfig 条目</translation>
    </message>
    <message>
        <source>Shut the node down cleanly</source>
        <translation>正常关闭节点</translation>
    </message>
    <message>
        <source>Power the virtual machine off</source>
        <translation>关闭虚拟机电源</translation>
    </message>
    <message>
        <source>Save the memory to disk</source>
        <translation>将内存保存到磁盘</translation>
    </message>
    <message>
        <source>Remove the virtual machine</source>
        <translation>移除虚拟机</translation>
    </message>
    <message>
        <source>Remove disks and certificates</source>
        <translation>移除磁盘和证书</translation>
    </message>
    <message>
        <source>Remove the kubeconfig entry</source>
        <translation>移除 kubeconfig 条目</translation>
    </message>
    <message>
        <source>Close the ports</source>
        <translation>关闭端口</translation>
    </message>
    <message>
        <source>Build the image</source>
        <translation>构建镜像</translation>
    </message>
    <message>
        <source>Pull the image</source>
        <translation>拉取镜像</translation>
    </message>
    <message>
        <source>Push the image</source>
        <translation>推送镜像</translation>
    </message>
    <message>
        <source>Load the archive</source>
        <translation>载入归档</translation>
    </message>
    <message>
        <source>Save the images</source>
        <translation>保存镜像</translation>
    </message>
    <message>
        <source>Remove unused images</source>
        <translation>移除未使用的镜像</translation>
    </message>
    <message>
        <source>Set the image</source>
        <translation>设置镜像</translation>
    </message>
    <message>
        <source>Wait for the rollout</source>
        <translation>等待发布完成</translation>
    </message>
</context>
<context>
    <name>Text</name>
    <message>
        <source>Not created</source>
        <translation>未创建</translation>
    </message>
    <message>
        <source>Creating</source>
        <translation>创建中</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>停止中</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Pausing</source>
        <translation>暂停中</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Deleting</source>
        <translation>删除中</translation>
    </message>
    <message>
        <source>Broken</source>
        <translation>异常</translation>
    </message>
    <message>
        <source>There is no such cluster yet.</source>
        <translation>还没有这个集群。</translation>
    </message>
    <message>
        <source>The cluster is being made.</source>
        <translation>正在创建集群。</translation>
    </message>
    <message>
        <source>The cluster is on its way up.</source>
        <translation>集群正在启动。</translation>
    </message>
    <message>
        <source>The cluster answers and can be used.</source>
        <translation>集群响应正常，可以使用。</translation>
    </message>
    <message>
        <source>The cluster is shutting down cleanly.</source>
        <translation>集群正在正常关闭。</translation>
    </message>
    <message>
        <source>The cluster is off. Everything in it is kept on its disk.</source>
        <translation>集群已关闭，其中的一切都保留在磁盘上。</translation>
    </message>
    <message>
        <source>The cluster&apos;s memory is being saved.</source>
        <translation>正在保存集群的内存。</translation>
    </message>
    <message>
        <source>The cluster sleeps with its memory saved and continues in about a second.</source>
        <translation>集群正在休眠，内存已保存，约一秒即可恢复。</translation>
    </message>
    <message>
        <source>The cluster is being removed.</source>
        <translation>正在移除集群。</translation>
    </message>
    <message>
        <source>The cluster is not as you wished, and nothing is at work on it.</source>
        <translation>集群不在您期望的状态，也没有程序正在处理它。</translation>
    </message>
    <message>
        <source>Create %1</source>
        <translation>创建 %1</translation>
    </message>
    <message>
        <source>Start %1</source>
        <translation>启动 %1</translation>
    </message>
    <message>
        <source>Stop %1</source>
        <translation>停止 %1</translation>
    </message>
    <message>
        <source>Pause %1</source>
        <translation>暂停 %1</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>删除 %1</translation>
    </message>
    <message>
        <source>Creating %1…</source>
        <translation>正在创建 %1…</translation>
    </message>
    <message>
        <source>Starting %1…</source>
        <translation>正在启动 %1…</translation>
    </message>
    <message>
        <source>Stopping %1…</source>
        <translation>正在停止 %1…</translation>
    </message>
    <message>
        <source>Pausing %1…</source>
        <translation>正在暂停 %1…</translation>
    </message>
    <message>
        <source>Deleting %1…</source>
        <translation>正在删除 %1…</translation>
    </message>
    <message>
        <source>%1 is running</source>
        <translation>%1 正在运行</translation>
    </message>
    <message>
        <source>%1 is stopped</source>
        <translation>%1 已停止</translation>
    </message>
    <message>
        <source>%1 is paused</source>
        <translation>%1 已暂停</translation>
    </message>
    <message>
        <source>%1 was deleted</source>
        <translation>%1 已删除</translation>
    </message>
    <message>
        <source>%1 could not be created</source>
        <translation>无法创建 %1</translation>
    </message>
    <message>
        <source>%1 could not be started</source>
        <translation>无法启动 %1</translation>
    </message>
    <message>
        <source>%1 could not be stopped</source>
        <translation>无法停止 %1</translation>
    </message>
    <message>
        <source>%1 could not be paused</source>
        <translation>无法暂停 %1</translation>
    </message>
    <message>
        <source>%1 could not be deleted</source>
        <translation>无法删除 %1</translation>
    </message>
    <message>
        <source>User mode</source>
        <translation>用户模式</translation>
    </message>
    <message>
        <source>NAT network</source>
        <translation>NAT 网络</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 分 %2 秒</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 小时 %2 分</translation>
    </message>
    <message>
        <source>%1 d %2 h</source>
        <translation>%1 天 %2 小时</translation>
    </message>
</context>
<context>
    <name>TextDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>cove::ui::ActivityDock</name>
    <message>
        <source>Hide the activity list</source>
        <translation>收起活动列表</translation>
    </message>
    <message>
        <source>Show the activity list</source>
        <translation>展开活动列表</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Nothing is going on</source>
        <translation>当前没有进行中的操作</translation>
    </message>
    <message>
        <source>Cancel: %1</source>
        <translation>取消：%1</translation>
    </message>
</context>
<context>
    <name>cove::ui::ActivityModel</name>
    <message>
        <source>%1: cancelled</source>
        <translation>%1：已取消</translation>
    </message>
</context>
<context>
    <name>cove::ui::ClusterActions</name>
    <message>
        <source>Resume</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Deleting…</source>
        <translation>正在删除…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>cove::ui::CreateForm</name>
    <message>
        <source>up to %1</source>
        <translation>最多 %1</translation>
    </message>
    <message>
        <source>Create a cluster</source>
        <translation>创建集群</translation>
    </message>
    <message>
        <source>A Kubernetes cluster of your own in one small virtual machine. kubectl finds it by itself, and nothing else on this computer is changed.</source>
        <translation>在一台小型虚拟机中运行您自己的 Kubernetes 集群。kubectl 会自动找到它，这台计算机上的其他内容不受影响。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Name of the cluster</source>
        <translation>集群名称</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>User mode</source>
        <translation>用户模式</translation>
    </message>
    <message>
        <source>NAT network</source>
        <translation>NAT 网络</translation>
    </message>
    <message>
        <source>Registry mirrors</source>
        <translation>镜像仓库加速地址</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>这台计算机</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>The virtual machine gets an address of its own on a network of the system&apos;s libvirt. Needs membership in the libvirt group.</source>
        <translation>虚拟机在系统 libvirt 的网络中拥有自己的地址。需要加入 libvirt 用户组。</translation>
    </message>
    <message>
        <source>One address a line; asked before the image&apos;s own registry.</source>
        <translation>每行一个地址；拉取镜像时优先于其原仓库使用。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Looking at this computer…</source>
        <translation>正在查看这台计算机…</translation>
    </message>
    <message>
        <source>Which virtualization there is, and how much can be given.</source>
        <translation>检查可用的虚拟化方式和可分配的资源。</translation>
    </message>
    <message>
        <source>Hardware virtualization (KVM) works here</source>
        <translation>硬件虚拟化 (KVM) 可用</translation>
    </message>
    <message>
        <source>Software emulation: it works, but slower</source>
        <translation>软件模拟：可以运行，但较慢</translation>
    </message>
    <message>
        <source>Hardware virtualization (KVM) is not usable on this computer.</source>
        <translation>这台计算机无法使用硬件虚拟化 (KVM)。</translation>
    </message>
    <message>
        <source>%1, %2 available</source>
        <translation>%1，可用 %2</translation>
    </message>
    <message>
        <source>%1 free</source>
        <translation>剩余 %1</translation>
    </message>
    <message>
        <source>Runs with</source>
        <translation>运行于</translation>
    </message>
    <message>
        <source>System image</source>
        <translation>系统镜像</translation>
    </message>
    <message>
        <source>This computer has %1.</source>
        <translation>这台计算机共有 %1 个。</translation>
    </message>
    <message>
        <source>Only %1 is available now; close programs or take less.</source>
        <translation>目前只有 %1 可用；请关闭一些程序或减少分配。</translation>
    </message>
    <message>
        <source>Only %1 is free on this disk.</source>
        <translation>此磁盘仅剩余 %1。</translation>
    </message>
    <message>
        <source>Give it a name.</source>
        <translation>请输入名称。</translation>
    </message>
    <message>
        <source>There is a cluster of this name already.</source>
        <translation>已存在同名集群。</translation>
    </message>
    <message>
        <source>“%1” is not an http or https address.</source>
        <translation>“%1”不是 http 或 https 地址。</translation>
    </message>
    <message>
        <source>More is asked for than this computer can give.</source>
        <translation>所需资源超出了这台计算机所能提供的范围。</translation>
    </message>
    <message>
        <source>Lowercase letters, digits and “-”, starting with a letter, ending without “-”.</source>
        <translation>只能使用小写字母、数字和“-”，以字母开头，且不能以“-”结尾。</translation>
    </message>
    <message>
        <source>Needs no privileges. The cluster answers on 127.0.0.1.</source>
        <translation>无需任何特权，集群在 127.0.0.1 上响应。</translation>
    </message>
    <message>
        <source>Starts in seconds and runs at full speed.</source>
        <translation>几秒内即可启动，并以全速运行。</translation>
    </message>
</context>
<context>
    <name>cove::ui::CreatePage</name>
    <message>
        <source>Change the settings</source>
        <translation>修改设置</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Your cluster is being made</source>
        <translation>正在创建您的集群</translation>
    </message>
    <message>
        <source>You can go on working; a notification tells you when it is done.</source>
        <translation>您可以继续工作，完成后会有通知。</translation>
    </message>
    <message>
        <source>That did not work</source>
        <translation>创建未成功</translation>
    </message>
    <message>
        <source>What was made so far is kept: trying again goes on from there.</source>
        <translation>已完成的部分会保留：重试将从那里继续。</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>What was made so far is kept: starting it goes on from there.</source>
        <translation>已完成的部分会保留：再次启动将从那里继续。</translation>
    </message>
</context>
<context>
    <name>cove::ui::DeploymentHistory</name>
    <message>
        <source>Revision</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>%1 (current)</source>
        <translation>%1（当前）</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Change cause</source>
        <translation>变更原因</translation>
    </message>
    <message>
        <source>Undo to revision %1</source>
        <translation>回退到版本 %1</translation>
    </message>
    <message>
        <source>This is the current revision.</source>
        <translation>这是当前版本。</translation>
    </message>
    <message>
        <source>Choose a revision to see what going back to it changes, or two to see what differs between them.</source>
        <translation>选择一个版本可查看回退会改变什么，选择两个版本可查看它们的差异。</translation>
    </message>
    <message>
        <source>From revision %1 to revision %2</source>
        <translation>从版本 %1 到版本 %2</translation>
    </message>
    <message>
        <source>Revisions</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>What differs</source>
        <translation>差异</translation>
    </message>
</context>
<context>
    <name>cove::ui::Desktop</name>
    <message>
        <source>It took %1.</source>
        <translation>用时 %1。</translation>
    </message>
</context>
<context>
    <name>cove::ui::EnginePage</name>
    <message>
        <source>The engine cannot be reached: this is what was last known of it</source>
        <translation>无法连接引擎：此处显示的是最后已知的状态</translation>
    </message>
    <message>
        <source>The engine cannot be reached</source>
        <translation>无法连接引擎</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>The cluster is not running</source>
        <translation>集群未运行</translation>
    </message>
    <message>
        <source>Start it to see what is in it.</source>
        <translation>启动集群即可查看其中的内容。</translation>
    </message>
    <message>
        <source>This cluster has no container engine</source>
        <translation>此集群没有容器引擎</translation>
    </message>
    <message>
        <source>Clusters that Cove made have one. Others run their images from registries: build and push with a cluster of Cove&apos;s, or with docker.</source>
        <translation>由 Cove 创建的集群带有容器引擎。其他集群从镜像仓库运行镜像：请用 Cove 的集群或 docker 构建并推送。</translation>
    </message>
    <message>
        <source>Nothing matches</source>
        <translation>没有匹配项</translation>
    </message>
    <message>
        <source>Search for other words.</source>
        <translation>请搜索其他关键词。</translation>
    </message>
    <message>
        <source>Nothing is known yet</source>
        <translation>尚无信息</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>正在加载…</translation>
    </message>
    <message>
        <source>There is none yet</source>
        <translation>还没有</translation>
    </message>
    <message>
        <source>It was not begun</source>
        <translation>未能开始</translation>
    </message>
    <message>
        <source>Too much is under way. Wait for something to end.</source>
        <translation>进行中的操作过多，请等待其中一些结束。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Search (Ctrl+F)</source>
        <translation>搜索（Ctrl+F）</translation>
    </message>
    <message>
        <source>Search the list</source>
        <translation>搜索列表</translation>
    </message>
    <message>
        <source>Close the details</source>
        <translation>关闭详情</translation>
    </message>
    <message>
        <source>Hide what was begun here</source>
        <translation>隐藏在此开始的操作</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>概要</translation>
    </message>
</context>
<context>
    <name>cove::ui::FactCard</name>
    <message>
        <source>Copy: %1</source>
        <translation>复制：%1</translation>
    </message>
</context>
<context>
    <name>cove::ui::MainWindow</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Looking for clusters…</source>
        <translation>正在查找集群…</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>New cluster…</source>
        <translation>新建集群…</translation>
    </message>
    <message>
        <source>Activity list</source>
        <translation>活动列表</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>cove::ui::ObjectPage</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>There is no way to the cluster</source>
        <translation>无法连接到集群</translation>
    </message>
    <message>
        <source>You may not see this</source>
        <translation>您无权查看此内容</translation>
    </message>
    <message>
        <source>The cluster cannot be reached: this is what was last known of it</source>
        <translation>无法连接集群：此处显示的是最后已知的状态</translation>
    </message>
    <message>
        <source>The cluster cannot be reached</source>
        <translation>无法连接集群</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>The cluster is not running</source>
        <translation>集群未运行</translation>
    </message>
    <message>
        <source>Start it to see what is in it.</source>
        <translation>启动集群即可查看其中的内容。</translation>
    </message>
    <message>
        <source>Nothing matches</source>
        <translation>没有匹配项</translation>
    </message>
    <message>
        <source>Search for other words, or choose another namespace.</source>
        <translation>请搜索其他关键词，或选择其他命名空间。</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>正在加载…</translation>
    </message>
    <message>
        <source>Nothing is known yet</source>
        <translation>尚无信息</translation>
    </message>
    <message>
        <source>There is none yet</source>
        <translation>还没有</translation>
    </message>
    <message>
        <source>All namespaces</source>
        <translation>所有命名空间</translation>
    </message>
    <message>
        <source>Search (Ctrl+F)</source>
        <translation>搜索（Ctrl+F）</translation>
    </message>
    <message>
        <source>Search the list</source>
        <translation>搜索列表</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Close the details</source>
        <translation>关闭详情</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>概要</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
    </message>
</context>
<context>
    <name>cove::ui::OperationList</name>
    <message>
        <source>Nothing has been done yet.
What you start, stop or create shows here, step by step.</source>
        <translation>尚未执行任何操作。
启动、停止或创建的过程会逐步显示在这里。</translation>
    </message>
</context>
<context>
    <name>cove::ui::OperationView</name>
    <message>
        <source>about %1</source>
        <translation>约 %1</translation>
    </message>
    <message>
        <source>%1 of about %2</source>
        <translation>%1 / 约 %2</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Show the steps</source>
        <translation>展开步骤</translation>
    </message>
    <message>
        <source>Hide the steps</source>
        <translation>收起步骤</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the error</source>
        <translation>复制错误信息</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>Cancel: %1</source>
        <translation>取消：%1</translation>
    </message>
    <message>
        <source>%1, about %2 left</source>
        <translation>%1，剩余约 %2</translation>
    </message>
    <message>
        <source>What it printed</source>
        <translation>输出内容</translation>
    </message>
</context>
<context>
    <name>cove::ui::ReleaseActions</name>
    <message>
        <source>Set the image of %1</source>
        <translation>设置 %1 的镜像</translation>
    </message>
    <message>
        <source>Its pods are replaced, a few at a time. The history can take it back.</source>
        <translation>其 Pod 会被逐批替换，可在历史中回退。</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Change cause</source>
        <translation>变更原因</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Roll out</source>
        <translation>发布</translation>
    </message>
    <message>
        <source>image set to %1</source>
        <translation>镜像设为 %1</translation>
    </message>
    <message>
        <source>Build and roll out to %1</source>
        <translation>构建并发布到 %1</translation>
    </message>
    <message>
        <source>Builds the folder, sets the image of the container %1 and waits until its pods run it.</source>
        <translation>构建此文件夹，设置容器 %1 的镜像，并等待其 Pod 运行该镜像。</translation>
    </message>
    <message>
        <source>Build and roll out</source>
        <translation>构建并发布</translation>
    </message>
    <message>
        <source>%1, built from %2</source>
        <translation>%1，由 %2 构建</translation>
    </message>
    <message>
        <source>Set image…</source>
        <translation>设置镜像…</translation>
    </message>
    <message>
        <source>Rolls another image out, a few pods at a time.</source>
        <translation>逐批发布另一个镜像。</translation>
    </message>
    <message>
        <source>Build and roll out…</source>
        <translation>构建并发布…</translation>
    </message>
    <message>
        <source>Builds a folder and rolls the image out.</source>
        <translation>构建文件夹并发布镜像。</translation>
    </message>
</context>
<context>
    <name>cove::ui::TopBar</name>
    <message>
        <source>New cluster</source>
        <translation>新建集群</translation>
    </message>
    <message>
        <source>No cluster</source>
        <translation>没有集群</translation>
    </message>
    <message>
        <source>Choose a cluster</source>
        <translation>选择集群</translation>
    </message>
    <message>
        <source>Cluster: %1</source>
        <translation>集群：%1</translation>
    </message>
</context>
<context>
    <name>cove::ui::Tray</name>
    <message>
        <source>Open Cove</source>
        <translation>打开 Cove</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>No cluster</source>
        <translation>没有集群</translation>
    </message>
</context>
</TS>
