SET ANSI_NULLS ON
GO
CREATE TABLE [dbo].[Customer](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[Name] [nvarchar](50) COLLATE Chinese_PRC_CI_AS MASKED WITH (FUNCTION = 'default()') NULL,
	[Full]  AS ([Name]+'x') PERSISTED,
	[Mob] [dbo].[Mobile] NULL,
	[Ref] [int] NULL CONSTRAINT [d] DEFAULT ((0)) FOREIGN KEY REFERENCES [dbo].[Other]([Id]),
	[RowGuid] [uniqueidentifier] ROWGUIDCOL NOT NULL,
	[SysStart] [datetime2](7) GENERATED ALWAYS AS ROW START NOT NULL,
	[SysEnd] [datetime2](7) GENERATED ALWAYS AS ROW END NOT NULL,
	PERIOD FOR SYSTEM_TIME ([SysStart], [SysEnd]),
 CONSTRAINT [PK_C] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = [dbo].[h]))
GO
ALTER TABLE [dbo].[Customer]  WITH CHECK ADD  CONSTRAINT [FK_x] FOREIGN KEY([Ref])
REFERENCES [dbo].[Other] ([Id])
GO
ALTER TABLE [dbo].[Customer] CHECK CONSTRAINT [FK_x]
GO
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'姓名' , @level0type=N'SCHEMA',@level0name=N'dbo', @level1type=N'TABLE',@level1name=N'Customer', @level2type=N'COLUMN',@level2name=N'Name'
GO
EXEC sp_rename 'dbo.Customer.Name', 'FullName', 'COLUMN';
GO
EXEC sp_rename 'dbo.Customer', 'Client';
GO
ALTER TABLE dbo.Client ALTER COLUMN FullName nvarchar(100) NOT NULL
GO
ALTER SCHEMA crm TRANSFER dbo.Client
GO
INSERT [crm].[Client] ([Id], [FullName]) VALUES (1, N'it''s
GO
')
GO
INSERT [crm].[Client] ([Id], [FullName]) VALUES (2, N'x')
GO
CREATE TABLE [dbo].[After] ([Id] [int])
GO
GRANT SELECT, UPDATE (FullName, Mob) ON OBJECT::[crm].[Client] TO [clerk], [public] AS [dbo]
GO
DENY UPDATE ON [crm].[Client] TO [public]
GO
ALTER ROLE [db_datareader] ADD MEMBER [bob]
GO
EXEC sp_addrolemember N'db_owner', N'amy'
GO
GRANT SELECT ON SCHEMA::[crm] TO [clerk]
GO
